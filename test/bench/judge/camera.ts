import type { LogOddsMap } from './picture.ts'
import type { ScoredFrame } from './score.ts'

/*
 * Cameras from held-out good frames. A run, a fixed webcam or a single photograph is a camera: it has a level of
 * its own and fluctuates around it. Fluctuation is known where a camera has several frames; a photograph borrows
 * it from these.
 */

export interface Camera {
  readonly name: string
  readonly source: string
  /** Its good pictures by rising score. */
  readonly pictures: readonly LogOddsMap[]
  readonly scores: readonly number[]
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
    }
  })
}

function nameCamera({ source, sequence, file }: ScoredFrame): string {
  if (sequence !== undefined) return `${source}/${sequence}`
  return webcamSources.has(source) ? source : file
}

/** Fewest frames by which a camera tells how cameras fluctuate. */
const minPictures = 5

/** How scores fluctuate around their camera's mean: sorted differences in log-odds over all cameras that tell. */
export function poolFluctuation(cameras: readonly Camera[]): number[] {
  return cameras
    .filter(({ scores }) => scores.length >= minPictures)
    .flatMap(({ scores }) => {
      const mean = meanOf(scores)
      return scores.map((score) => score - mean)
    })
    .sort((a, b) => a - b)
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
