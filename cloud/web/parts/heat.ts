import type { LiveHeader } from '@layerwatch/shared/live.ts'

/** Paints a failure map over its picture: clear where nothing is, yellow to red where it burns. */
export function paintHeat(canvas: HTMLCanvasElement, heat: NonNullable<LiveHeader['heat']>): void {
  const context = canvas.getContext('2d')
  const cells = Uint8Array.from(atob(heat.cells), (letter) => letter.charCodeAt(0))
  if (!context || cells.length < heat.width * heat.height) return
  canvas.width = heat.width
  canvas.height = heat.height
  const image = context.createImageData(heat.width, heat.height)
  for (let cell = 0; cell < heat.width * heat.height; cell += 1) {
    image.data.set(colourOf((cells[cell] ?? 0) / 255), cell * 4)
  }
  context.putImageData(image, 0, 0)
}

/** Red, green, blue and cover of a probability. */
function colourOf(probability: number): [number, number, number, number] {
  const cover = Math.max(0, probability - 0.12) / 0.88
  return [
    255,
    Math.round(216 - 150 * probability),
    Math.round(70 - 45 * probability),
    Math.round(205 * cover ** 0.8),
  ]
}
