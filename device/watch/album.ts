import type { Sight } from '../assess/report.ts'
import type { DefectMap } from '../detector/detector.ts'

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
  /** Whose it is, where the printer has several cameras. */
  camera?: string
}

export interface Album {
  readonly newest?: Picture
  /** Oldest first. */
  readonly goodLayers: readonly Picture[]
}

export const emptyAlbum: Album = { goodLayers: [] }
/** Of each camera. */
const maxGoodLayers = 6

/** Keeps a picture as the last of its layer if the layer looks good, and as the newest. */
export function keepPicture(album: Album, picture: Picture, isGood: boolean): Album {
  if (!isGood) return { ...album, newest: picture }
  const isOwn = ({ camera }: Picture) => camera === picture.camera
  const others = album.goodLayers.filter((one) => !isOwn(one))
  const own = album.goodLayers.filter((one) => isOwn(one) && one.layer !== picture.layer)
  return { newest: picture, goodLayers: [...others, ...[...own, picture].slice(-maxGoodLayers)] }
}

/** The last good picture from before a layer, or the oldest there is, of the camera that took the newest. */
export function pictureBefore({ newest, goodLayers }: Album, layer: number): Picture | undefined {
  const own = goodLayers.filter(({ camera }) => camera === newest?.camera)
  return own.findLast((picture) => picture.layer < layer) ?? own[0]
}

/** The newest picture of a good layer by a camera, or the newest there is. */
export function newestOf({ newest, goodLayers }: Album, camera: string | undefined): Picture | undefined {
  if (newest?.camera === camera) return newest
  return goodLayers.findLast((picture) => picture.camera === camera) ?? newest
}
