import type { Grid } from '@layerwatch/shared/mask.ts'
import { z } from 'zod'
import { approachCells, type Cells } from './cells.ts'
import type { Scene } from './scene.ts'

/*
 * What one camera usually shows of good prints, kept from print to print for each printer, camera and model. It is
 * learned from a print's own usual map, into which nothing suspicious ever went (see `scene.ts`), and only from
 * prints that ended well or that their owner said were fine. To forget a print it is learned anew from the others.
 */

export const Baseline = z.object({
  modelSha256: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  /** Prints it was learned from. */
  prints: z.int().min(1),
  /** Log-odds of each cell in sixteenths. */
  cells: z.array(z.int().min(-128).max(127)),
})
export type Baseline = z.infer<typeof Baseline>

/** How a print ended, as far as a baseline cares. */
export interface EndedPrint {
  readonly outcome: 'finished' | 'cancelled' | 'failed'
  /** A failure was confirmed while it printed, and the owner has not called it a false alarm. */
  readonly hadFailure: boolean
  /** The owner said that it was fine. */
  readonly isFineByOwner: boolean
}

/** Frames a print must have had to teach anything. */
const minFrames = 60
/** Most that one print changes of what earlier ones taught. */
const maxShare = 1 / 2
const leastShare = 1 / 8
const step = 16
/** No place counts as usually hotter than this, log-odds: what fails there still stands out, whoever taught it. */
export const hottestUsual = -1

/** The baseline after a print, or the same where nothing may be learned from it. */
export function learnBaseline(
  before: Baseline | undefined,
  print: EndedPrint,
  { scene, modelSha256 }: { scene: Pick<Scene, 'grid' | 'frames' | 'usual'>; modelSha256: string },
): Baseline | undefined {
  const isGood = print.isFineByOwner || (print.outcome === 'finished' && !print.hadFailure)
  if (!isGood || scene.frames < minFrames) return before
  const { width, height } = scene.grid
  const known = before && fits(before, { width, height }, modelSha256) ? before : undefined
  const prints = (known?.prints ?? 0) + 1
  const share = Math.min(maxShare, Math.max(leastShare, 1 / prints))
  const from = known && baselineCells(known)
  const next = from ? approachCells(from, scene.usual, share) : scene.usual
  return {
    ...{ modelSha256, width, height, prints },
    cells: Array.from(next, (value) => Math.round(Math.min(127, Math.max(-128, value * step)))),
  }
}

/** Whether a baseline speaks of this model's maps. */
export function fits(baseline: Baseline, { width, height }: Grid, modelSha256: string): boolean {
  return baseline.modelSha256 === modelSha256 && baseline.width === width && baseline.height === height
}

/** A baseline's map in log-odds, nowhere above `hottestUsual`. */
export function baselineCells({ cells }: Baseline): Cells {
  return Float32Array.from(cells, (value) => Math.min(hottestUsual, value / step))
}
