import {
  layerHeightPx,
  lineSpan,
  lineWidth,
  quietWidth,
  type Strip,
  type StripLine,
} from '@layerwatch/shared/strip.ts'

/** How a strip is painted beyond its layers. */
export type StripLook = {
  /** Height of the bed's line; 0 for none. */
  bedPx: number
  /** Draw the outline of what is still to print. */
  showsRest: boolean
  /** Draw the ink line at the current layer. */
  showsCurrent: boolean
  /** Share of the newest line that has slid in, 0..1. */
  arrived: number
}

type Colours = {
  fine: [string, string]
  suspected: string
  failed: string
  unwatched: string
  edge: string
  ink: string
  ground: string
}

/** Paints a strip onto its canvas, at the screen's own resolution. */
export function paintStrip(canvas: HTMLCanvasElement, strip: Strip, look: StripLook): void {
  const context = canvas.getContext('2d')
  const width = canvas.clientWidth
  const height = canvas.clientHeight
  if (!context || width === 0 || height === 0) return
  const ratio = Math.max(1, window.devicePixelRatio || 1)
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const colours = readColours(canvas)
  const brush: Brush = {
    context,
    colours,
    ratio,
    width: canvas.width,
    bedTop: canvas.height - look.bedPx * ratio,
  }
  strip.lines.forEach((line, index) => {
    const isNewest = index === strip.lines.length - 1
    paintLine(brush, strip, line, isNewest ? look.arrived : 1)
  })
  if (look.showsRest) paintRest(brush, strip)
  if (look.showsCurrent && strip.currentLayer !== undefined) paintCurrent(brush, strip)
  if (look.bedPx > 0) {
    context.fillStyle = colours.ink
    context.fillRect(0, brush.bedTop, brush.width, look.bedPx * ratio)
  }
}

type Brush = {
  context: CanvasRenderingContext2D
  colours: Colours
  ratio: number
  width: number
  /** The bed's surface, in canvas pixels from above. */
  bedTop: number
}

function paintLine(brush: Brush, strip: Strip, line: StripLine, arrived: number): void {
  const { context, colours, ratio, width, bedTop } = brush
  const span = lineSpan(strip, line.line)
  const bottom = Math.round(bedTop - span.bottomPx * ratio)
  const top = Math.round(bedTop - span.topPx * ratio) + Math.round(strip.gapPx * ratio)
  const height = Math.max(1, bottom - top)
  const length = Math.round(lineWidth(line) * width * arrived)
  if (line.health === 'unwatched') {
    paintHatch(brush, { top, height, length })
    return
  }
  context.fillStyle = line.health === 'fine' ? colours.fine[line.tone] : colours[line.health]
  const radius = strip.lineHeightPx >= 5 ? Math.min(height / 2, 3 * ratio) : 0
  context.beginPath()
  context.roundRect(0, top, length, height, [0, radius, radius, 0])
  context.fill()
  if (!line.hidesUnwatched) return
  context.fillStyle = colours.ground
  context.fillRect(0, top, 3 * ratio, height)
}

/** Not watched: hollow, hatched from one origin so that neighbours join. */
function paintHatch(brush: Brush, area: { top: number; height: number; length: number }): void {
  const { context, colours, ratio } = brush
  const { top, height, length } = area
  context.save()
  context.beginPath()
  context.rect(0, top, length, height)
  context.clip()
  context.strokeStyle = colours.unwatched
  context.lineWidth = ratio * 1.1
  const step = 4 * ratio
  const bottom = top + height
  for (let x = -height - (bottom % step); x < length + step; x += step) {
    context.beginPath()
    context.moveTo(x, bottom)
    context.lineTo(x + height, top)
    context.stroke()
  }
  context.restore()
  context.fillStyle = colours.unwatched
  context.fillRect(0, top, ratio, height)
  context.fillRect(length - ratio, top, ratio, height)
}

/** The dotted outline of what is still to print; of the whole core where nothing is printed yet. */
function paintRest(brush: Brush, strip: Strip): void {
  const { context, colours, ratio, width, bedTop } = brush
  const printedPx = strip.lines.length * strip.lineHeightPx * ratio
  const from = bedTop - printedPx - (strip.lines.length > 0 ? 4 * ratio : 0)
  const top = Math.max(ratio, bedTop - strip.lineCount * strip.lineHeightPx * ratio + ratio / 2)
  if (from - top < 3 * ratio) return
  const right = Math.round(quietWidth * width)
  context.strokeStyle = colours.edge
  context.lineWidth = ratio
  context.setLineDash([1.5 * ratio, 3.5 * ratio])
  context.beginPath()
  context.moveTo(ratio / 2, from)
  context.lineTo(ratio / 2, top)
  context.lineTo(right, top)
  context.lineTo(right, from)
  context.stroke()
  context.setLineDash([])
}

function paintCurrent(brush: Brush, strip: Strip): void {
  const { context, colours, ratio, width, bedTop } = brush
  const line = strip.lines.at(-1)
  if (!line) return
  const top = Math.round(bedTop - lineSpan(strip, line.line).topPx * ratio)
  context.fillStyle = colours.ink
  context.fillRect(0, Math.max(0, top - ratio), width, 2 * ratio)
}

/** Height of a layer in CSS pixels above the canvas's lower edge. */
export function heightOnCanvas(strip: Strip, layer: number, bedPx: number): number {
  return bedPx + layerHeightPx(strip, layer)
}

function readColours(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    fine: [read('--strip-fine'), read('--strip-fine2')],
    suspected: read('--strip-suspected'),
    failed: read('--strip-failed'),
    unwatched: read('--strip-unwatched'),
    edge: read('--edge'),
    ink: read('--ink'),
    ground: read('--bg'),
  }
}
