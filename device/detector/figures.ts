import type { PictureFigures } from './detector.ts'

/** Luma below and above which a pixel holds no detail. */
const darkBelow = 16
const brightAbove = 239
const thumbnailSize = 64

interface Size {
  width: number
  height: number
}

/**
 * Figures of a picture from its pixels.
 * @param pixels RGB 0..255, `[height, width, 3]` flat
 */
export function measurePicture(pixels: Uint8Array, size: Size): Omit<PictureFigures, 'width' | 'height'> {
  const luma = toLuma(pixels)
  let sum = 0
  let dark = 0
  let bright = 0
  for (const value of luma) {
    sum += value
    if (value < darkBelow) dark++
    if (value > brightAbove) bright++
  }
  return {
    brightness: sum / luma.length,
    darkShare: dark / luma.length,
    brightShare: bright / luma.length,
    ...measureDetail(luma, size),
    thumbnail: Uint8Array.from(
      shrink(luma, size, { width: thumbnailSize, height: thumbnailSize }),
      Math.round,
    ),
    grey: { ...size, luma: Uint8Array.from(luma) },
  }
}

/** Rec. 601 luma, as JPEG has it. */
function toLuma(pixels: Uint8Array): Float32Array {
  const luma = new Float32Array(pixels.length / 3)
  for (let i = 0; i < luma.length; i++) {
    const [r = 0, g = 0, b = 0] = [pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]]
    luma[i] = 0.299 * r + 0.587 * g + 0.114 * b
  }
  return luma
}

/** Detail at full and at half the size, which blur takes from the first. */
function measureDetail(luma: Float32Array, size: Size): Pick<PictureFigures, 'sharpness' | 'fineness'> {
  const half = { width: size.width >> 1, height: size.height >> 1 }
  const sharpness = measureSharpness(luma, size)
  const coarse = measureSharpness(shrink(luma, size, half), half)
  return { sharpness, fineness: coarse > 0 ? sharpness / coarse : 0 }
}

/** Variance of the Laplacian over all pixels but the border. */
function measureSharpness(luma: Float32Array, { width, height }: Size): number {
  let sum = 0
  let squares = 0
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < y * width + width - 1; i++) {
      const around = at(luma, i - 1) + at(luma, i + 1) + at(luma, i - width) + at(luma, i + width)
      const laplacian = around - 4 * at(luma, i)
      sum += laplacian
      squares += laplacian * laplacian
    }
  }
  const count = (width - 2) * (height - 2)
  return squares / count - (sum / count) ** 2
}

/** Means over a grid that is smaller. */
function shrink(luma: Float32Array, { width, height }: Size, to: Size): Float32Array {
  const sums = new Float32Array(to.width * to.height)
  const counts = new Uint32Array(sums.length)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * to.height) / height) * to.width
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * to.width) / width)
      sums[cell] = at(sums, cell) + at(luma, y * width + x)
      counts[cell] = at(counts, cell) + 1
    }
  }
  return sums.map((sum, cell) => sum / at(counts, cell))
}

function at(values: Float32Array | Uint32Array, index: number): number {
  return values[index] ?? 0
}
