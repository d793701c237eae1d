import type { FrameJudgement } from '../../../device/detector/detector.ts'
import { createRandom } from '../../../device/simulator/random.ts'
import { bandwidthOf, type Camera } from './camera.ts'
import { type Answers, type LogOddsMap, toJudgement } from './picture.ts'

/*
 * A stream of good pictures of one camera: modelled from its real ones, not filmed.
 *
 * A standard normal value that forgets with the stated correlation time (AR(1)) is turned into a rank, and the
 * rank into one of the camera's own pictures (a Gaussian copula), so each picture comes as often as it came, and
 * neighbours in time resemble each other. A second value, as slow, shifts all its cells by a little, the
 * kernel of a smoothed bootstrap, for a handful of pictures is not all a camera can show.
 */

/** What is seen at a moment: a picture of the camera and how far all of it is shifted. */
export interface Glance {
  readonly picture: number
  readonly shift: number
}

/** Shifts are told apart this finely, in log-odds: finer ones change no decision, and fewer can be kept. */
export const shiftStep = 1 / 8

/**
 * Draws what a good camera shows, moment by moment.
 * @param correlationSeconds time after which the correlation has fallen to 1/e
 */
export function openStream(
  camera: Camera,
  correlationSeconds: number,
  seed: number,
): (gapSeconds: number) => Glance {
  const random = createRandom(seed)
  const bandwidth = bandwidthOf(camera.scores)
  let rank = random.normal()
  let jitter = random.normal()
  return (gapSeconds) => {
    const kept = Math.exp(-gapSeconds / correlationSeconds)
    const fresh = Math.sqrt(1 - kept * kept)
    rank = kept * rank + fresh * random.normal()
    jitter = kept * jitter + fresh * random.normal()
    const share = normalShare(rank)
    const count = camera.pictures.length
    return {
      picture: Math.min(count - 1, Math.floor(share * count)),
      shift: Math.round((bandwidth * jitter) / shiftStep) * shiftStep,
    }
  }
}

/** Makes judgements of glances, each combination once. */
export function openView(camera: Camera, answers: Answers): (glance: Glance) => FrameJudgement {
  const known = new Map<number, FrameJudgement>()
  return ({ picture, shift }) => {
    const key = picture * 4096 + Math.round(shift / shiftStep)
    const before = known.get(key)
    if (before) return before
    const made = toJudgement(camera.pictures[picture] ?? noPicture, answers, shift)
    known.set(key, made)
    return made
  }
}

const noPicture: LogOddsMap = new Float32Array(0)

/** Share of a standard normal below a value (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
export function normalShare(value: number): number {
  const x = Math.abs(value) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const half = (1 - series * Math.exp(-x * x)) / 2
  return value < 0 ? 0.5 - half : 0.5 + half
}
