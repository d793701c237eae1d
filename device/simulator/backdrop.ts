import { createRandom, type Random } from './random.ts'
import { rayThrough, type View } from './view.ts'
import type { Colour, World } from './world.ts'

/** Things on the wall behind the printer, in mm on it: x to the right, z up. */
type Patch = { x: number; z: number; width: number; height: number; colour: Colour }

const wallMm = 420
const deskMm = -85

/**
 * The room behind the printer, out of focus: a desk, a wall and what hangs or stands there. Linear light, three
 * numbers for each of `width` × `height` pixels. `view` counts two samples to a pixel.
 */
export function createBackdrop(world: World, view: View, width: number, height: number): Float32Array {
  const random = createRandom(world.seed ^ 0xbacc)
  const patches = createPatches(world, random)
  const image = new Float32Array(width * height * 3)
  const wood = random.between(0.02, 0.12)
  const level = { left: random.between(0.5, 1.1), right: random.between(0.5, 1.1) }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ray = rayThrough(view, x * 2, y * 2)
      const colour = lookAlong(world, patches, view, { ray, wood })
      const share = x / width
      const falloff = level.left * (1 - share) + level.right * share
      const offset = (y * width + x) * 3
      image[offset] = colour[0] * falloff
      image[offset + 1] = colour[1] * falloff
      image[offset + 2] = colour[2] * falloff
    }
  }
  const radius = Math.max(1, Math.round((world.background.blurPx * width) / 640))
  for (let pass = 0; pass < 3; pass++) blurBox(image, width, height, radius)
  return image
}

function lookAlong(
  world: World,
  patches: readonly Patch[],
  view: View,
  { ray, wood }: { ray: { x: number; y: number; z: number }; wood: number },
): Colour {
  const { eye } = view
  const { background, light } = world
  const toDesk = ray.z < 0 ? (deskMm - eye.z) / ray.z : Infinity
  const toWall = ray.y > 0 ? (wallMm - eye.y) / ray.y : Infinity
  if (toDesk < toWall) {
    const x = eye.x + ray.x * toDesk
    const y = eye.y + ray.y * toDesk
    const grain =
      1 + wood * Math.sin(x * 0.09 + Math.sin(y * 0.021) * 3) + wood * 0.6 * Math.sin(x * 0.37 + y * 0.01)
    return lit(background.desk, light, grain * 0.62)
  }
  if (!Number.isFinite(toWall)) return lit(background.wall, light, 0.5)
  const x = eye.x + ray.x * toWall
  const z = eye.z + ray.z * toWall
  let colour = lit(background.wall, light, 0.62 + z / 2200)
  for (const patch of patches) {
    if (x < patch.x || x > patch.x + patch.width || z < patch.z || z > patch.z + patch.height) continue
    colour = patch.colour
  }
  return colour
}

function lit(colour: Colour, light: World['light'], share: number): Colour {
  return [
    colour[0] * (light.colour[0] * 0.55 + light.ambient[0]) * share,
    colour[1] * (light.colour[1] * 0.55 + light.ambient[1]) * share,
    colour[2] * (light.colour[2] * 0.55 + light.ambient[2]) * share,
  ]
}

function createPatches(world: World, random: Random): Patch[] {
  const { background } = world
  const patches: Patch[] = []
  if (background.isEnclosed) addPanels(patches, random)
  if (background.hasWindow) {
    const x = random.between(-420, 180)
    const glow = random.between(1.1, 2.4)
    patches.push({ x, z: 60, width: 230, height: 320, colour: [glow * 0.92, glow, glow * 1.06] })
    patches.push({ x: x + 108, z: 60, width: 14, height: 320, colour: [0.4, 0.4, 0.38] })
  }
  for (let shelf = 0; shelf < background.shelves; shelf++) {
    const x = random.between(-430, 300)
    const z = random.between(-85, 220)
    const level = random.between(0.05, 0.6)
    const tint = () => level * random.between(0.55, 1.25)
    const size = { width: random.between(25, 190), height: random.between(20, 170) }
    patches.push({ x, z, ...size, colour: [tint(), tint(), tint()] })
    if (random.chance(0.4)) {
      const inner = { x: x + size.width * 0.2, z: z + size.height * 0.3 }
      const colour: Colour = [tint() * 1.5, tint() * 1.5, tint() * 1.5]
      patches.push({ ...inner, width: size.width * 0.5, height: size.height * 0.25, colour })
    }
  }
  return patches
}

function addPanels(patches: Patch[], random: Random): void {
  for (let i = 0; i < 5; i++) {
    const x = random.between(-320, 250)
    const level = random.between(0.02, 0.22)
    patches.push({
      x,
      z: -90,
      width: random.between(10, 70),
      height: 700,
      colour: [level, level, level * 1.05],
    })
  }
  const strip = random.between(0.4, 1.8)
  const z = random.between(170, 260)
  patches.push({ x: -300, z, width: 600, height: 12, colour: [strip, strip, strip * 0.95] })
}

function blurBox(image: Float32Array, width: number, height: number, radius: number): void {
  for (let y = 0; y < height; y++) blurLine(image, y * width * 3, 3, width, radius)
  for (let x = 0; x < width; x++) blurLine(image, x * 3, width * 3, height, radius)
}

function blurLine(image: Float32Array, start: number, stride: number, count: number, radius: number): void {
  const window = 2 * radius + 1
  for (let channel = 0; channel < 3; channel++) {
    const line = new Float32Array(count)
    for (let i = 0; i < count; i++) line[i] = image[start + channel + i * stride] ?? 0
    const at = (i: number) => line[Math.min(count - 1, Math.max(0, i))] ?? 0
    let sum = 0
    for (let i = -radius; i <= radius; i++) sum += at(i)
    for (let i = 0; i < count; i++) {
      image[start + channel + i * stride] = sum / window
      sum += at(i + radius + 1) - at(i - radius)
    }
  }
}
