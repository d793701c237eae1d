import type { BlindReason } from '@layerwatch/shared/vocabulary.ts'
import sharp, { type Sharp } from 'sharp'

/** What is done to the pictures of a run, to those before its middle and to those after it. */
export interface Damage {
  readonly name: string
  /** What is to be said of it; `none` where it must still be judged. */
  readonly wanted: BlindReason | 'none'
  readonly before: View
  readonly after: View
}

/** Makes of a whole picture what the camera gives, at `side` × `side` pixels. */
export type View = (whole: Sharp) => Sharp | Promise<Sharp>

/** Of the detector's input, in pixels. */
export const side = 320

const fit = (picture: Sharp) => picture.resize(side, side, { fit: 'fill' })
const whole: View = (picture) => fit(picture)
const after = (change: (picture: Sharp) => Sharp): View => {
  return async (picture) => change(sharp(await fit(picture).png({ compressionLevel: 0 }).toBuffer()))
}

/** A part of the picture, three quarters wide and high, that begins at so much of its own width and height. */
const windowShare = 0.75
const windowAt =
  (right: number, down: number): View =>
  async (picture) => {
    const upright = await picture
      .autoOrient()
      .png({ compressionLevel: 0 })
      .toBuffer({ resolveWithObject: true })
    const width = Math.floor(windowShare * upright.info.width)
    const height = Math.floor(windowShare * upright.info.height)
    const [left, top] = [Math.round(right * width), Math.round(down * height)]
    return fit(sharp(upright.data).extract({ left, top, width, height }))
  }
const moved = (name: string, right: number, down: number): Damage => ({
  name: `moved by ${name}`,
  wanted: 'camera-moved',
  before: windowAt(0, 0),
  after: windowAt(right, down),
})

/** A camera that was turned about its own axis; what it saw of the surroundings is mirrored in. */
const turned =
  (degrees: number): View =>
  async (picture) => {
    const wide = await fit(picture)
      .extend({ top: side, bottom: side, left: side, right: side, extendWith: 'mirror' })
      .png({ compressionLevel: 0 })
      .toBuffer()
    const { data, info } = await sharp(wide)
      .rotate(degrees)
      .png({ compressionLevel: 0 })
      .toBuffer({ resolveWithObject: true })
    const at = Math.round((info.width - side) / 2)
    return sharp(data).extract({ left: at, top: at, width: side, height: side })
  }

const changed = (name: string, wanted: Damage['wanted'], change: (picture: Sharp) => Sharp): Damage => ({
  name,
  wanted,
  before: whole,
  after: after(change),
})

/** Nothing is wrong. */
export const undamaged: Damage = { name: 'nothing wrong', wanted: 'none', before: whole, after: whole }

/** Frozen pictures are the last good one over and over, so that no view makes them. */
export const damages: readonly Damage[] = [
  undamaged,
  changed('dark, 2 % of the light', 'camera-dark', (picture) => picture.linear(0.02, 0)),
  changed('dark, 5 % of the light', 'camera-dark', (picture) => picture.linear(0.05, 0)),
  changed('dim, 20 % of the light', 'none', (picture) => picture.linear(0.2, 0)),
  changed('blurred by 4 px of 320', 'camera-blurred', (picture) => picture.blur(4)),
  changed('blurred by 2 px of 320', 'camera-blurred', (picture) => picture.blur(2)),
  changed('blurred by 1 px of 320', 'camera-blurred', (picture) => picture.blur(1)),
  changed('covered by a grey sheet', 'camera-blocked', (picture) => picture.blur(60).linear(0.2, 90)),
  moved('25 % of the width', 0.25, 0),
  moved('12 % of the width', 0.12, 0),
  moved('6 % of the width', 0.06, 0),
  moved('4 % of the width', 0.04, 0),
  moved('4 % of width and height', 0.04, 0.04),
  moved('3 % of the width', 0.03, 0),
  moved('3 % of the height', 0, 0.03),
  moved('2 % of the width', 0.02, 0),
  { name: 'turned by 5 degrees', wanted: 'camera-moved', before: whole, after: turned(5) },
]
