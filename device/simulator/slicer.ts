import type { Outline, Shape } from './shapes.ts'

/** What a small print is sliced with. */
export type SliceOptions = {
  layers: number
  layerHeightMm: number
  lineWidthMm: number
  /** Where the solid's axis stands on the bed, mm. */
  centreMm: { x: number; y: number }
}

const filamentAreaMm2 = Math.PI * 0.875 ** 2
const travelFeed = 7200
const outerFeed = 2400
const fillFeed = 4200
const skinLayers = 4

/** Slices a solid to G-code in PrusaSlicer's manner: relative extrusion, `;LAYER_CHANGE`, `;TYPE:`. */
export function sliceShape(shape: Shape, options: SliceOptions): string {
  const { layers, layerHeightMm } = options
  const lines = [
    '; a small solid for the simulated printer',
    'M140 S60',
    'M104 S215',
    'G28',
    'M190 S60',
    'M109 S215',
    'G90',
    'M83',
  ]
  for (let layer = 0; layer < layers; layer++) {
    const zMm = (layer + 1) * layerHeightMm
    lines.push(';LAYER_CHANGE', `;Z:${fixed(zMm)}`, `;HEIGHT:${fixed(layerHeightMm)}`)
    // A hop before travelling, as most slicers do; a reader that counts heights must not fall for it.
    lines.push('G1 E-0.8 F2100', `G1 Z${fixed(zMm + 0.4)} F600`)
    lines.push(...sliceLayer(shape, layer, options))
  }
  lines.push('G1 E-2 F2100', `G1 Z${fixed(layers * layerHeightMm + 10)} F600`, 'M104 S0', 'M140 S0', 'M84')
  return `${lines.join('\n')}\n`
}

function sliceLayer(shape: Shape, layer: number, options: SliceOptions): string[] {
  const section = shape(options.layers > 1 ? layer / (options.layers - 1) : 0)
  const { lineWidthMm: width } = options
  const zMm = (layer + 1) * options.layerHeightMm
  const lines: string[] = []
  const isFloor = layer < skinLayers
  const isSkin = isFloor || (!section.isHollow && isBared(shape, layer, options))
  const walls = section.isHollow ? 2 : 3
  let isFirst = true
  for (const outline of section.outlines) {
    for (let wall = walls - 1; wall >= 0; wall--) {
      lines.push(`;TYPE:${wall === 0 ? 'External perimeter' : 'Perimeter'}`)
      const loop = inset(outline, width * (wall + 0.5))
      // Seams wander a little, as with a slicer's "nearest" seam.
      lines.push(...layLoop(loop, options, { feed: outerFeed, zMm: isFirst ? zMm : undefined }))
      isFirst = false
    }
  }
  if (section.isHollow && !isFloor) return lines
  lines.push(isSkin ? ';TYPE:Solid infill' : ';TYPE:Internal infill')
  const spacing = isSkin ? width * 0.97 : width * 6
  for (const outline of section.outlines) {
    const inner = inset(outline, width * (walls + 0.1))
    lines.push(...fill(inner, { angle: layer % 2 === 0 ? Math.PI / 4 : -Math.PI / 4, spacing }, options))
  }
  return lines
}

/** Whether part of a layer has nothing, or much less, on it a few layers up, and so needs a closed top. */
function isBared(shape: Shape, layer: number, options: SliceOptions): boolean {
  const last = options.layers - 1
  if (layer + skinLayers > last) return true
  const above = areaOf(shape((layer + skinLayers) / last).outlines)
  return above < areaOf(shape(layer / last).outlines) * 0.8
}

function areaOf(outlines: readonly Outline[]): number {
  let area = 0
  for (const outline of outlines) {
    for (let i = 0; i < outline.length; i += 2) {
      const next = (i + 2) % outline.length
      area +=
        ((outline[i] ?? 0) * (outline[next + 1] ?? 0) - (outline[next] ?? 0) * (outline[i + 1] ?? 0)) / 2
    }
  }
  return area
}

type LoopStyle = { feed: number; zMm: number | undefined }

function layLoop(loop: Outline, options: SliceOptions, style: LoopStyle): string[] {
  const x0 = loop[0] ?? 0
  const y0 = loop[1] ?? 0
  const lines = [`G1 ${place(x0, y0, options)} F${travelFeed}`]
  if (style.zMm !== undefined) lines.push(`G1 Z${fixed(style.zMm)} F600`, 'G1 E0.8 F2100')
  lines.push(`G1 F${style.feed}`)
  let [x, y] = [x0, y0]
  for (let i = 2; i <= loop.length; i += 2) {
    const nextX = loop[i % loop.length] ?? 0
    const nextY = loop[(i + 1) % loop.length] ?? 0
    lines.push(lay(x, y, nextX, nextY, options))
    x = nextX
    y = nextY
  }
  return lines
}

/** Straight lines to and fro across an outline. */
function fill(
  outline: Outline,
  pattern: { angle: number; spacing: number },
  options: SliceOptions,
): string[] {
  const turned = rotate(outline, -pattern.angle)
  const { low, high } = extent(turned)
  const lines: string[] = []
  let isBack = false
  for (let v = low + pattern.spacing / 2; v < high; v += pattern.spacing) {
    const crossings = cross(turned, v)
    const spans: [number, number][] = []
    for (let i = 0; i + 1 < crossings.length; i += 2) spans.push([crossings[i] ?? 0, crossings[i + 1] ?? 0])
    if (isBack) spans.reverse()
    for (const [from, to] of spans) {
      if (to - from < 0.6) continue
      const [a = 0, b = 0] = rotate([isBack ? to : from, v], pattern.angle)
      const [c = 0, d = 0] = rotate([isBack ? from : to, v], pattern.angle)
      lines.push(`G1 ${place(a, b, options)} F${travelFeed}`, `G1 F${fillFeed}`, lay(a, b, c, d, options))
    }
    isBack = !isBack
  }
  return lines
}

function lay(x: number, y: number, toX: number, toY: number, options: SliceOptions): string {
  const area = options.lineWidthMm * options.layerHeightMm
  const fed = (Math.hypot(toX - x, toY - y) * area) / filamentAreaMm2
  return `G1 ${place(toX, toY, options)} E${fed.toFixed(5)}`
}

function place(x: number, y: number, { centreMm }: SliceOptions): string {
  return `X${fixed(centreMm.x + x)} Y${fixed(centreMm.y + y)}`
}

function fixed(mm: number): string {
  return mm.toFixed(3)
}

/** Moves every corner inwards along its bisector: good enough for outlines without needles. */
function inset(outline: Outline, distance: number): Outline {
  const count = outline.length / 2
  const at = (i: number): [number, number] => {
    const k = ((i + count) % count) * 2
    return [outline[k] ?? 0, outline[k + 1] ?? 0]
  }
  const points: number[] = []
  for (let i = 0; i < count; i++) {
    const [px, py] = at(i - 1)
    const [x, y] = at(i)
    const [nx, ny] = at(i + 1)
    const a = unit(x - px, y - py)
    const b = unit(nx - x, ny - y)
    const normalX = -(a.y + b.y)
    const normalY = a.x + b.x
    const length = Math.hypot(normalX, normalY)
    if (length < 1e-6) {
      points.push(x, y)
      continue
    }
    const half = Math.max(0.45, length / 2)
    points.push(x + (normalX / length) * (distance / half), y + (normalY / length) * (distance / half))
  }
  return points
}

function unit(x: number, y: number): { x: number; y: number } {
  const length = Math.hypot(x, y) || 1
  return { x: x / length, y: y / length }
}

function rotate(outline: Outline, angle: number): number[] {
  const points: number[] = []
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const x = outline[i] ?? 0
    const y = outline[i + 1] ?? 0
    points.push(x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle))
  }
  return points
}

function extent(outline: Outline): { low: number; high: number } {
  let low = Infinity
  let high = -Infinity
  for (let i = 1; i < outline.length; i += 2) {
    low = Math.min(low, outline[i] ?? 0)
    high = Math.max(high, outline[i] ?? 0)
  }
  return { low, high }
}

function cross(outline: Outline, v: number): number[] {
  const crossings: number[] = []
  for (let i = 0; i < outline.length; i += 2) {
    const x0 = outline[i] ?? 0
    const y0 = outline[i + 1] ?? 0
    const x1 = outline[(i + 2) % outline.length] ?? 0
    const y1 = outline[(i + 3) % outline.length] ?? 0
    if (y0 <= v === y1 <= v) continue
    crossings.push(x0 + ((v - y0) / (y1 - y0)) * (x1 - x0))
  }
  return crossings.sort((a, b) => a - b)
}
