import sharp from 'sharp'
import { createRandom, mixSeed } from './random.ts'
import type { World } from './world.ts'

/** Turns linear light into the bytes of a picture as a cheap camera would: `tick` varies the noise. */
export type Developer = (light: Float32Array, tick: number) => Uint8ClampedArray

const curveSteps = 4096
const curveMax = 4
const noiseLength = 1 << 16

/** A developer for pictures of one size: lens blur, vignette, white balance, a film curve, sensor noise. */
export function createDeveloper(
  world: World,
  { width, height, exposure }: { width: number; height: number; exposure: number },
): Developer {
  const { lens } = world
  const { values, grains } = createCurve()
  const noise = createNoise(world.seed, lens.noise)
  const shade = createVignette(world, width, height)
  const [red = 1, green = 1, blue = 1] = lens.balance.map(
    (gain) => gain * exposure * lens.exposure * (curveSteps / curveMax),
  )
  const around = lens.blur / 4
  const here = 1 - lens.blur
  /** A value with a little of its neighbours', as a lens and a sensor's filter leave it. */
  const mix = (light: Float32Array, i: number, left: number, right: number, up: number, down: number) =>
    (light[i] ?? 0) * here +
    ((light[left] ?? 0) + (light[right] ?? 0) + (light[up] ?? 0) + (light[down] ?? 0)) * around
  const bytes = new Uint8ClampedArray(width * height * 3)
  const stride = width * 3
  const brightest = curveSteps - 1
  return (light, tick) => {
    const random = createRandom(mixSeed('noise', world.seed, tick))
    for (let y = 0; y < height; y++) {
      const above = y > 0 ? stride : 0
      const below = y < height - 1 ? stride : 0
      let grain = random.whole(0, noiseLength - 1 - stride)
      const end = (y + 1) * width
      for (let pixel = y * width; pixel < end; pixel++) {
        const i = pixel * 3
        const before = pixel === end - width ? 0 : 3
        const after = pixel === end - 1 ? 0 : 3
        const fall = shade[pixel] ?? 1
        const up = i - above
        const down = i + below
        const left = i - before
        const right = i + after
        const r = mix(light, i, left, right, up, down)
        const g = mix(light, i + 1, left + 1, right + 1, up + 1, down + 1)
        const b = mix(light, i + 2, left + 2, right + 2, up + 2, down + 2)
        const stepR = Math.min(brightest, r * fall * red) | 0
        const stepG = Math.min(brightest, g * fall * green) | 0
        const stepB = Math.min(brightest, b * fall * blue) | 0
        bytes[i] = (values[stepR] ?? 0) + (noise[grain] ?? 0) * (grains[stepR] ?? 0)
        bytes[i + 1] = (values[stepG] ?? 0) + (noise[grain + 1] ?? 0) * (grains[stepG] ?? 0)
        bytes[i + 2] = (values[stepB] ?? 0) + (noise[grain + 2] ?? 0) * (grains[stepB] ?? 0)
        grain += 3
      }
    }
    return bytes
  }
}

/** Packs a developed picture as JPEG, without any metadata. */
export async function encodeJpeg(
  bytes: Uint8ClampedArray,
  size: { width: number; height: number; quality: number },
): Promise<Uint8Array> {
  const { width, height, quality } = size
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: '4:2:0' })
    .toBuffer()
}

/**
 * Light to byte: the sRGB curve with a shoulder, so that bright parts do not clip hard; and how much of the
 * noise is left at each step, for it shows most in the dark.
 */
function createCurve(): { values: Float32Array; grains: Float32Array } {
  const values = new Float32Array(curveSteps)
  for (let i = 0; i < curveSteps; i++) {
    const light = (i / curveSteps) * curveMax
    const soft = light < 0.6 ? light : 0.6 + 0.4 * (1 - Math.exp(-(light - 0.6) / 0.5))
    values[i] = 255 * (soft <= 0.0031308 ? 12.92 * soft : 1.055 * soft ** (1 / 2.4) - 0.055)
  }
  return { values, grains: values.map((value) => 1.25 - value / 360) }
}

/** Noise as a sensor's colour filter leaves it: neighbours of a colour resemble each other. */
function createNoise(seed: number, level: number): Float32Array {
  const random = createRandom(seed ^ 0x9015e)
  const raw = Float32Array.from({ length: noiseLength }, () => random.normal())
  return raw.map((value, i) => level * (0.72 * value + 0.5 * (raw[(i + noiseLength - 3) % noiseLength] ?? 0)))
}

function createVignette(world: World, width: number, height: number): Float32Array {
  const shade = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
      shade[y * width + x] = 1 - world.lens.vignette * away * (0.6 + 0.4 * away)
    }
  }
  return shade
}
