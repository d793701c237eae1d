import type { GreyPicture } from './grey.ts'

/*
 * One comparable picture a layer, out of the frames taken while it was printed. The head is somewhere else in
 * each of them, the part is not: per pixel, a band holds the middle half of what the frames show. Where something
 * moves, the band is wide; where everything stands still, it is as narrow as the camera's noise. Two layers differ
 * at a pixel only where their bands do not meet.
 */

/** A layer as it was seen: per pixel the lower and the upper quartile of its frames. */
export interface LayerPicture {
  readonly layer: number
  readonly width: number
  readonly height: number
  readonly low: Uint8Array
  readonly high: Uint8Array
  /** Frames it was made from. */
  readonly frames: number
}

/** A frame laid over the others of its print, and the layer it was taken in. */
export interface PlacedPicture {
  readonly layer: number
  readonly picture: GreyPicture
}

/** Frames a band is made from where there are as many, and how many layers back it may reach for them. */
const wantedFrames = 6
export const maxFrames = 9
const reachLayers = 2

/** The frames a layer's picture is made from: its own, and the last of the layers before where they are few. */
export function framesOfLayer(recent: readonly PlacedPicture[], layer: number): PlacedPicture[] {
  const own = recent.filter((frame) => frame.layer === layer)
  const earlier = recent.filter((frame) => frame.layer < layer && frame.layer >= layer - reachLayers)
  const missing = Math.max(0, wantedFrames - own.length)
  const borrowed = missing > 0 ? earlier.slice(-missing) : []
  return [...borrowed, ...own].slice(-maxFrames)
}

/** Makes the bands. One frame alone is a band without width. */
export function makeLayerPicture(layer: number, frames: readonly PlacedPicture[]): LayerPicture | undefined {
  const first = frames[0]?.picture
  if (!first) return undefined
  const { width, height } = first
  const low = new Uint8Array(width * height)
  const high = new Uint8Array(width * height)
  const planes = frames.map(({ picture }) => picture.luma)
  const values = new Uint8Array(planes.length)
  const place = (planes.length - 1) / 4
  const below = Math.floor(place)
  const share = place - below
  const top = planes.length - 1
  for (let i = 0; i < low.length; i++) {
    for (let k = 0; k < planes.length; k++) insert(values, k, planes[k]?.[i] ?? 0)
    low[i] = between(values[below] ?? 0, values[Math.min(top, below + 1)] ?? 0, share)
    high[i] = between(values[top - below] ?? 0, values[Math.max(0, top - below - 1)] ?? 0, share)
  }
  return { layer, width, height, low, high, frames: planes.length }
}

function insert(sorted: Uint8Array, count: number, value: number): void {
  let k = count
  for (; k > 0 && (sorted[k - 1] ?? 0) > value; k--) sorted[k] = sorted[k - 1] ?? 0
  sorted[k] = value
}

function between(a: number, b: number, share: number): number {
  return a + (b - a) * share + 0.5
}
