import type { GreyPicture } from './grey.ts'

/*
 * Which frames a layer is compared by. The head is somewhere else in each of them, the part is not, so a layer is
 * known by its last few frames, and what was before by some that lie far enough back for growth to show.
 */

/** A frame laid over the others of its print, and the layer it was taken in. */
export interface PlacedPicture {
  readonly layer: number
  readonly picture: GreyPicture
}

/** Frames of now and of before, and the noise that neighbouring ones differ by. */
export interface Windows {
  readonly before: readonly Uint8Array[]
  readonly now: readonly Uint8Array[]
  /** Layers the frames of now were taken in. */
  readonly spansLayers: number
  /** Luma steps within which two pixels show the same. */
  readonly tolerance: number
  readonly width: number
  readonly height: number
}

/** Frames of one layer that are kept, the newest. */
export const framesPerLayer = 4
const wantedNow = 4
const wantedBefore = 8
const leastBefore = 4
/** Layers between the two windows: the growth of this many and one more is seen at once. */
const gapLayers = 2
/** Frames to keep for both windows and the gap, at four frames a layer. */
export const keptFrames = wantedBefore + (gapLayers + 1) * framesPerLayer

/** The windows that end with the newest frame; undefined in a print's first layers. */
export function openWindows(frames: readonly PlacedPicture[]): Windows | undefined {
  const newest = frames.at(-1)
  const now = frames.slice(-wantedNow)
  const first = now[0]
  if (!newest || !first || now.length < wantedNow) return undefined
  const before = frames.filter(({ layer }) => layer <= first.layer - gapLayers).slice(-wantedBefore)
  if (before.length < leastBefore) return undefined
  const { width, height, luma } = newest.picture
  return {
    before: before.map(({ picture }) => picture.luma),
    now: now.map(({ picture }) => picture.luma),
    spansLayers: newest.layer - first.layer + 1,
    tolerance: toleranceOf(luma, now.at(-2)?.picture.luma ?? luma),
    width,
    height,
  }
}

/** Share of the pixels, the calmest, by which the noise is told: the head moves in the others. */
const calmShare = 0.3
/** |difference| below which that share of pairs lies, in standard deviations of one picture's noise. */
const calmQuantile = 0.545
const sigmas = 4
const leastTolerance = 5
const mostTolerance = 9

/** Four times the camera's noise, as two frames one after the other show it. */
function toleranceOf(a: Uint8Array, b: Uint8Array): number {
  const counts = new Uint32Array(256)
  let total = 0
  for (let i = 0; i < a.length; i += 3, total++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0))
    counts[difference] = (counts[difference] ?? 0) + 1
  }
  let [below, luma] = [0, 0]
  while (luma < 255 && below + (counts[luma] ?? 0) < calmShare * total) below += counts[luma++] ?? 0
  const part = (calmShare * total - below) / Math.max(1, counts[luma] ?? 1)
  const sigma = (luma + part - 0.5) / calmQuantile
  return Math.round(Math.min(mostTolerance, Math.max(leastTolerance, sigmas * sigma)))
}
