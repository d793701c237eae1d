import type { Bed } from './bed.ts'
import type { Canvas } from './raster.ts'
import type { ShadowMap } from './shadow.ts'
import type { View } from './view.ts'
import type { Colour, World } from './world.ts'

/** Everything a picture is shaded from: what is seen, the shadows on it, and the look of each material. */
export type Scene = {
  world: World
  view: View
  canvas: Canvas
  /** What keeps the lamp's light off. */
  lamp: ShadowMap
  /** What keeps the light of the room off, from straight above. */
  sky: ShadowMap
  bed: Bed
  /** Behind everything: linear light, three numbers a pixel. */
  backdrop: Float32Array
  paints: readonly Colour[]
}
