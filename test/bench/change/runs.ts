import { applyFit, fitPicture, leastAgreement } from '../../../device/assess/change-align.ts'
import { findMoved } from '../../../device/assess/change-measure.ts'
import { type GreyPicture, smoothPicture } from '../../../device/assess/grey.ts'
import { createRandom, type Random } from '../../../device/simulator/random.ts'
import { greySize } from './prints.ts'
import { type RealFrame, readSequences } from './real.ts'
import { sensePrint } from './sense.ts'

/*
 * Good real runs of one webcam on the bed, ten pictures each, minutes apart: whether consecutive pictures can be
 * compared at all, whether the sense stays silent, and whether it finds a part that was moved in the second of two.
 */

/** How far the part is moved, as a share of the picture's width. */
const movedShare = 0.03
/** Frames a picture is shown for, each with noise of its own: the sense wants several a layer. */
const framesPerPicture = 4
const noiseLuma = 1.5
const layerSeconds = 60

export interface RunFigures {
  readonly runs: number
  readonly pairs: number
  readonly comparablePairs: number
  readonly movedFound: number
  /** Pairs in which the part lies elsewhere though nobody moved it. */
  readonly movedFalsely: number
  readonly warnings: number
}

export async function senseRuns(framesDir: string): Promise<RunFigures> {
  const runs = await readSequences(framesDir, 'emptydeck-P1')
  const random = createRandom(1)
  const figures = {
    runs: runs.size,
    pairs: 0,
    comparablePairs: 0,
    movedFound: 0,
    movedFalsely: 0,
    warnings: 0,
  }
  for (const frames of runs.values()) {
    for (let i = 0; i + 1 < frames.length; i++) addPair(figures, frames[i], frames[i + 1])
    const shown = frames.flatMap(({ picture }, i) =>
      Array.from({ length: framesPerPicture }, (_, k) => ({
        layer: i + 1,
        seconds: (i + k / framesPerPicture) * layerSeconds,
        picture: addNoise(picture, random),
      })),
    )
    if (sensePrint(shown, layerSeconds).warnedAtLayer !== undefined) figures.warnings++
  }
  return figures
}

function addPair(
  figures: { pairs: number; comparablePairs: number; movedFound: number; movedFalsely: number },
  first: RealFrame | undefined,
  second: RealFrame | undefined,
): void {
  if (!first?.partBox || !second) return
  const before = smoothPicture(first.picture)
  const still = new Uint8Array(before.luma.length).fill(1)
  const now = smoothPicture(second.picture)
  const fit = fitPicture({ picture: before, still }, now)
  figures.pairs++
  if (fit.agreement < leastAgreement) return
  figures.comparablePairs++
  const box = toPixels(first.partBox)
  // Towards the middle, so that no part leaves the picture.
  const movedPx = Math.round(movedShare * greySize.width) * (first.partBox[0] > 0.5 ? -1 : 1)
  const moved = findMoved(before, smoothPicture(movePart(applyFit(second.picture, fit), box, movedPx)), box)
  if (moved && Math.abs(moved.dx - movedPx) <= 2 && Math.abs(moved.dy) <= 2) figures.movedFound++
  if (findMoved(before, applyFit(now, fit), box)) figures.movedFalsely++
}

function toPixels([middleX, middleY, width, height]: readonly [number, number, number, number]) {
  return {
    x: (middleX - width / 2) * greySize.width,
    y: (middleY - height / 2) * greySize.height,
    width: width * greySize.width,
    height: height * greySize.height,
  }
}

/** The picture with all that stands on the part's box moved aside; what it leaves shows what was beside it. */
function movePart(picture: GreyPicture, box: ReturnType<typeof toPixels>, movedPx: number): GreyPicture {
  const { width, luma } = picture
  const moved = luma.slice()
  const [left, right] = [Math.round(box.x) - margin, Math.round(box.x + box.width) + margin]
  const [top, bottom] = [Math.round(box.y) - above, Math.round(box.y + box.height) + margin]
  for (let y = Math.max(0, top); y < Math.min(picture.height, bottom); y++) {
    for (
      let x = Math.max(0, left + Math.min(0, movedPx));
      x < Math.min(width, right + Math.max(0, movedPx));
      x++
    ) {
      const from = x - movedPx
      const isPart = from >= left && from < right
      const mirrored = movedPx > 0 ? 2 * left - x - 1 : 2 * right - x - 1
      moved[y * width + x] = luma[y * width + Math.min(width - 1, Math.max(0, isPart ? from : mirrored))] ?? 0
    }
  }
  return { ...picture, luma: moved }
}

const margin = 4
/** Pixels above the box of a run's beginning that move along: the part has grown since. */
const above = 60

function addNoise(picture: GreyPicture, random: Random): GreyPicture {
  const luma = picture.luma.map((value) => Math.min(255, Math.max(0, value + noiseLuma * random.normal())))
  return { ...picture, luma }
}

export function describeRuns(figures: RunFigures): string {
  const { runs, pairs, comparablePairs, movedFound, movedFalsely, warnings } = figures
  return `real runs: ${runs}, of ${pairs} pairs ${comparablePairs} comparable; part moved by 3 % of the width found in ${movedFound}, falsely in ${movedFalsely}; ${warnings} warnings`
}
