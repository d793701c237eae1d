import sharp from 'sharp'
import { createRandom, mixSeed } from './random.ts'
import type { World } from './world.ts'

/** Turns linear light into the bytes of a picture as a cheap camera would: `tick` varies the noise. */
export type Developer = (light: Float32Array, tick: number) => Uint8ClampedArray

const curveSteps = 4096
const curveMax = 4
const noiseLength = 1 << 16

/** A developer for pictures of one size: lens blur, vignette, white balance, a film curve, sensor noise. */
export function createDeveloper(world: World, width: number, height: number): Developer {
  const { lens } = world
  const curve = createCurve()
  const noise = createNoise(world.seed, lens.noise)
  const shade = createVignette(world, width, height)
  const gains = lens.balance.map((gain) => gain * lens.exposure * (curveSteps / curveMax))
  const spread = lens.blur / 4
  const bytes = new Uint8ClampedArray(width * height * 3)
  const stride = width * 3
  return (light, tick) => {
    const random = createRandom(mixSeed('noise', world.seed, tick))
    for (let y = 0; y < height; y++) {
      const above = y > 0 ? -stride : 0
      const below = y < height - 1 ? stride : 0
      let grain = random.whole(0, noiseLength - 1)
      for (let x = 0; x < width; x++) {
        const before = x > 0 ? -3 : 0
        const after = x < width - 1 ? 3 : 0
        const pixel = y * stride + x * 3
        const vignette = shade[y * width + x] ?? 1
        for (let channel = 0; channel < 3; channel++) {
          const i = pixel + channel
          const here = light[i] ?? 0
          const around =
            (light[i + before] ?? 0) +
            (light[i + after] ?? 0) +
            (light[i + above] ?? 0) +
            (light[i + below] ?? 0)
          const level = (here * (1 - 4 * spread) + around * spread) * vignette * (gains[channel] ?? 1)
          const value = curve[level >= curveSteps ? curveSteps - 1 : level | 0] ?? 0
          grain = (grain + 1) & (noiseLength - 1)
          const speck = (noise[grain] ?? 0) * (1.25 - value / 360)
          bytes[i] = value + speck
        }
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

/** Light to byte: the sRGB curve with a shoulder, so that bright parts do not clip hard. */
function createCurve(): Float32Array {
  const curve = new Float32Array(curveSteps)
  for (let i = 0; i < curveSteps; i++) {
    const light = (i / curveSteps) * curveMax
    const soft = light < 0.6 ? light : 0.6 + 0.4 * (1 - Math.exp(-(light - 0.6) / 0.5))
    curve[i] = 255 * (soft <= 0.0031308 ? 12.92 * soft : 1.055 * soft ** (1 / 2.4) - 0.055)
  }
  return curve
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
