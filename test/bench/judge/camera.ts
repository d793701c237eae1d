import { createRandom, mixSeed } from '../../../device/simulator/random.ts'
import type { LogOddsMap } from './picture.ts'
import type { ScoredFrame } from './score.ts'

/*
 * Cameras from held-out good frames. A run, a fixed webcam or a single photograph is a camera: it has a level of
 * its own and fluctuates around it. Fluctuation is known where a camera has several frames; a photograph is lent
 * that of one of these, cell by cell.
 */

export interface Camera {
  readonly name: string
  readonly source: string
  /** Its good pictures by rising score. */
  readonly pictures: readonly LogOddsMap[]
  readonly scores: readonly number[]
  /** Frames that were really taken, without what was lent. */
  readonly frames: number
}

/** Sources whose frames, or whose frames of one sequence, all come from one fixed camera. */
const webcamSources = new Set(['hiltes', 'emptydeck-P1', 'timelapseplus'])

export function isWebcam({ source }: Camera): boolean {
  return webcamSources.has(source)
}

/** Groups good frames by camera, in the order in which they first come. */
export function findCameras(frames: readonly ScoredFrame[]): Camera[] {
  const good = frames.filter(({ isFailing }) => !isFailing)
  return [...Map.groupBy(good, nameCamera)].map(([name, own]) => {
    const sorted = own.toSorted((a, b) => a.score - b.score)
    return {
      name,
      source: sorted[0]?.source ?? '',
      pictures: sorted.map(({ map }) => map),
      scores: sorted.map(({ score }) => score),
      frames: sorted.length,
    }
  })
}

function nameCamera({ source, sequence, file }: ScoredFrame): string {
  if (sequence !== undefined) return `${source}/${sequence}`
  return webcamSources.has(source) ? source : file
}

/** Fewest frames by which a camera tells how cameras fluctuate. */
const minPictures = 5

/**
 * Cameras of which all fluctuate: a photograph is lent another camera's fluctuation, drawn once. Each cell of each
 * label differs by as much as the lender's differs from its own mean, in one of the lender's pictures after the
 * other; so what fluctuates is places, not the frame as a whole.
 */
export function lendFluctuation(cameras: readonly Camera[], seed: number): Camera[] {
  const lenders = cameras.filter(({ scores }) => scores.length >= minPictures)
  const random = createRandom(mixSeed('lend', seed))
  return cameras.map((camera) => {
    const lender = lenders[random.whole(0, Math.max(0, lenders.length - 1))]
    return camera.pictures.length > 1 || !lender ? camera : lendTo(camera, lender)
  })
}

function lendTo(camera: Camera, lender: Camera): Camera {
  const [picture] = camera.pictures
  if (!picture) return camera
  const means = picture.map((_, cell) => meanOf(lender.pictures.map((one) => one[cell] ?? 0)))
  const own = meanOf(camera.scores)
  const usual = meanOf(lender.scores)
  return {
    ...camera,
    pictures: lender.pictures.map((one) =>
      picture.map((value, cell) => value + (one[cell] ?? 0) - (means[cell] ?? 0)),
    ),
    scores: lender.scores.map((score) => own + score - usual),
  }
}

/** Bandwidth of a kernel that smooths so many draws (Silverman's rule of thumb, 0.9 · σ · n^(−1/5)). */
export function bandwidthOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = meanOf(values)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return 0.9 * Math.sqrt(variance) * values.length ** -0.2
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
