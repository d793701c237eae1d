import type { Sight } from './assess/report.ts'
import type { DefectMap } from './detector/detector.ts'

/*
 * The few pictures of a print that are kept in memory: the newest, and one of each of the last good layers, so
 * that an incident can show how it looked before.
 */

export interface Picture {
  jpeg: Uint8Array
  /** Of the monotonic clock. */
  capturedAtMs: number
  layer: number
  sight?: Sight
  /** Where in the frame it looks like failing; for the live view. */
  failure?: DefectMap | undefined
}

export interface Album {
  readonly newest?: Picture
  /** Oldest first. */
  readonly goodLayers: readonly Picture[]
}

export const emptyAlbum: Album = { goodLayers: [] }
const maxGoodLayers = 6

/** Keeps a picture as the last of its layer if the layer looks good, and as the newest. */
export function keepPicture(album: Album, picture: Picture, isGood: boolean): Album {
  if (!isGood) return { ...album, newest: picture }
  const others = album.goodLayers.filter(({ layer }) => layer !== picture.layer)
  return { newest: picture, goodLayers: [...others, picture].slice(-maxGoodLayers) }
}

/** The last good picture from before a layer, or the oldest there is. */
export function pictureBefore(album: Album, layer: number): Picture | undefined {
  return album.goodLayers.findLast((picture) => picture.layer < layer) ?? album.goodLayers[0]
}
