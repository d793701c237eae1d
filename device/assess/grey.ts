/*
 * Grey pictures, small enough that a handful can be kept: what the sense of change works on.
 */

/** One grey picture, row by row from the upper left, 0..255. */
export interface GreyPicture {
  readonly width: number
  readonly height: number
  readonly luma: Uint8Array
}

/** The picture moved by a part of pixels: what was at (x, y) lies at (x + dx, y + dy). Edges are repeated. */
export function movePicture(picture: GreyPicture, { dx, dy }: { dx: number; dy: number }): GreyPicture {
  if (dx === 0 && dy === 0) return picture
  const { width, height, luma } = picture
  const moved = new Uint8Array(luma.length)
  const left = Math.floor(-dx)
  const top = Math.floor(-dy)
  const [fx, fy] = [-dx - left, -dy - top]
  for (let y = 0; y < height; y++) {
    const rowA = clamp(y + top, height - 1) * width
    const rowB = clamp(y + top + 1, height - 1) * width
    for (let x = 0; x < width; x++) {
      const a = clamp(x + left, width - 1)
      const b = clamp(x + left + 1, width - 1)
      const upper = (luma[rowA + a] ?? 0) * (1 - fx) + (luma[rowA + b] ?? 0) * fx
      const lower = (luma[rowB + a] ?? 0) * (1 - fx) + (luma[rowB + b] ?? 0) * fx
      moved[y * width + x] = upper * (1 - fy) + lower * fy + 0.5
    }
  }
  return { width, height, luma: moved }
}

/** The picture at `1 / factor` of its size, each pixel the mean of those it stands for. */
export function shrinkPicture(picture: GreyPicture, factor: number): GreyPicture {
  const width = Math.floor(picture.width / factor)
  const height = Math.floor(picture.height / factor)
  const luma = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let row = y * factor; row < (y + 1) * factor; row++) {
        const start = row * picture.width + x * factor
        for (let i = start; i < start + factor; i++) sum += picture.luma[i] ?? 0
      }
      luma[y * width + x] = sum / (factor * factor) + 0.5
    }
  }
  return { width, height, luma }
}

/** The picture with each pixel the mean of the nine around it: less of the camera's noise. */
export function smoothPicture({ width, height, luma }: GreyPicture): GreyPicture {
  const rows = new Uint16Array(luma.length)
  for (let y = 0; y < height; y++) {
    const start = y * width
    const end = start + width - 1
    for (let i = start; i <= end; i++) {
      rows[i] = (luma[i > start ? i - 1 : i] ?? 0) + (luma[i] ?? 0) + (luma[i < end ? i + 1 : i] ?? 0)
    }
  }
  const smooth = new Uint8Array(luma.length)
  for (let i = 0; i < luma.length; i++) {
    const above = i >= width ? i - width : i
    const below = i + width < luma.length ? i + width : i
    smooth[i] = ((rows[above] ?? 0) + (rows[i] ?? 0) + (rows[below] ?? 0)) / 9 + 0.5
  }
  return { width, height, luma: smooth }
}

function clamp(value: number, most: number): number {
  if (value < 0) return 0
  return Math.min(value, most)
}
