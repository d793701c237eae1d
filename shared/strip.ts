import type { LayerHealth } from './vocabulary.ts'

/**
 * The layer strip: a print drawn as a core sample, one line per layer from the bed up. Everything here is a pure
 * function of the layers and the height in CSS pixels; the page and its thumbnails only paint the result.
 */

/** What the strip needs of a layer. */
export type StripLayer = { layer: number; health: LayerHealth; evidence?: number | undefined }

/** One line of the strip: one layer, or several where there are more layers than lines. */
export type StripLine = {
  /** Counted from the bed, from 0. */
  line: number
  fromLayer: number
  toLayer: number
  /** The worst health among its layers. */
  health: LayerHealth
  /** Highest evidence among the layers of that health, 0..1. */
  evidence: number
  /** It has layers nobody watched behind a worse one, which a notch at its left says. */
  hidesUnwatched: boolean
  /** Which of the two fine tones makes its stratum. */
  tone: 0 | 1
}

export type Strip = {
  /** The layer drawn lowest: 1, or 0 for slicers that count from 0. */
  firstLayer: number
  /** The layer drawn at the very top. */
  topLayer: number
  /** The newest layer; undefined before the first. */
  currentLayer: number | undefined
  layersPerLine: number
  /** How many lines the full height has room for. */
  lineCount: number
  lineHeightPx: number
  gapPx: number
  lines: StripLine[]
}

export type StripSize = {
  heightPx: number
  /** Layers of the whole print, where known. */
  total?: number | undefined
  minLinePx?: number
}

/** From worst to best: what a line that stands for several layers shows. */
const worstFirst: readonly LayerHealth[] = ['failed', 'suspected', 'unwatched', 'fine']

/** Share of the width at which suspicion begins; fine and unwatched lines stay at or under it. */
export const quietWidth = 0.56
const fineWidth = 0.52

/** Lays out a print of any length; `layers` in any order, gaps count as not watched. */
export function layOutStrip(layers: readonly StripLayer[], size: StripSize): Strip {
  const minLinePx = size.minLinePx ?? 2
  const numbers = layers.map((layer) => layer.layer)
  const firstLayer = numbers.includes(0) ? 0 : 1
  const currentLayer = numbers.length > 0 ? Math.max(...numbers) : undefined
  const printed = currentLayer === undefined ? 0 : currentLayer - firstLayer + 1
  const count = Math.max(1, size.total === undefined ? headroom(printed) : Math.max(size.total, printed))
  const layersPerLine = Math.max(1, Math.ceil(count / Math.max(1, Math.floor(size.heightPx / minLinePx))))
  const lineCount = Math.ceil(count / layersPerLine)
  const lineHeightPx = size.heightPx / lineCount
  return {
    firstLayer,
    topLayer: firstLayer + count - 1,
    currentLayer,
    layersPerLine,
    lineCount,
    lineHeightPx,
    gapPx: gapFor(lineHeightPx),
    lines: mergeLines(layers, { firstLayer, printed, layersPerLine }),
  }
}

/**
 * Room for a print whose length is unknown: a fifth is left free, and the scale changes only when that is used
 * up, so that the strip does not creep with each layer.
 */
export function headroom(printed: number): number {
  let capacity = 20
  while (printed > capacity) capacity = Math.ceil((capacity + 1) * 1.25)
  return capacity
}

/** Length of a line as a share of the width: length is evidence, so the strip reads without colour. */
export function lineWidth(line: Pick<StripLine, 'health' | 'evidence'>): number {
  const evidence = Math.min(1, Math.max(0, line.evidence))
  switch (line.health) {
    case 'fine':
      return fineWidth + (quietWidth - fineWidth) * evidence
    case 'unwatched':
      return quietWidth
    case 'suspected':
    case 'failed':
      return quietWidth + (1 - quietWidth) * evidence
  }
}

/** Bottom and top of a line, in pixels up from the bed. */
export function lineSpan(strip: Strip, line: number): { bottomPx: number; topPx: number } {
  return { bottomPx: line * strip.lineHeightPx, topPx: (line + 1) * strip.lineHeightPx }
}

/** Middle of a layer in pixels up from the bed. */
export function layerHeightPx(strip: Strip, layer: number): number {
  const layerPx = strip.lineHeightPx / strip.layersPerLine
  return (layer - strip.firstLayer + 0.5) * layerPx
}

/** The printed layer at a height above the bed; undefined before the first layer. */
export function layerAt(strip: Strip, heightPx: number): number | undefined {
  if (strip.currentLayer === undefined) return undefined
  const layerPx = strip.lineHeightPx / strip.layersPerLine
  const layer = strip.firstLayer + Math.floor(heightPx / layerPx)
  return clamp(layer, strip.firstLayer, strip.currentLayer)
}

/** The seven layers around one, newest first, cut at the print's ends. */
export function lensLayers(
  strip: Pick<Strip, 'firstLayer' | 'currentLayer'>,
  at: number,
  count = 7,
): number[] {
  if (strip.currentLayer === undefined) return []
  const span = Math.min(count, strip.currentLayer - strip.firstLayer + 1)
  const bottom = clamp(at - Math.floor(span / 2), strip.firstLayer, strip.currentLayer - span + 1)
  return Array.from({ length: span }, (_, index) => bottom + span - 1 - index)
}

/** The nearest layer above (1) or below (-1) at which a run of trouble, or another kind of it, begins. */
export function nextProblem(
  layers: readonly StripLayer[],
  from: number,
  direction: 1 | -1,
): number | undefined {
  const troubled = new Map(layers.filter(isTroubled).map((layer) => [layer.layer, layer.health]))
  const ordered = [...troubled].sort(([a], [b]) => (a - b) * direction)
  const edge = ordered.find(
    ([layer, health]) => (layer - from) * direction > 0 && troubled.get(layer - direction) !== health,
  )
  return edge?.[0]
}

/** Worth stopping at on a walk through the layers. */
export function isTroubled(layer: StripLayer): boolean {
  return layer.health !== 'fine'
}

/** Numbers for the axis: the ends, the current layer and round steps between that do not collide. */
export function axisLayers(strip: Strip, minGapPx = 26): number[] {
  const { firstLayer, topLayer, currentLayer } = strip
  const taken: number[] = []
  const fits = (layer: number) =>
    taken.every((other) => Math.abs(layerHeightPx(strip, layer) - layerHeightPx(strip, other)) >= minGapPx)
  const ends = currentLayer === undefined ? [] : [currentLayer]
  for (const layer of [...ends, firstLayer, topLayer]) if (fits(layer)) taken.push(layer)
  const span = topLayer - firstLayer + 1
  const step = [5, 10, 25, 50, 100, 250, 500, 1000, 2500].find((size) => span / size <= 6) ?? 5000
  for (let layer = step; layer < topLayer; layer += step) if (fits(layer)) taken.push(layer)
  return taken.sort((a, b) => a - b)
}

type Slots = { firstLayer: number; printed: number; layersPerLine: number }

function mergeLines(layers: readonly StripLayer[], slots: Slots): StripLine[] {
  const byNumber = new Map(layers.map((layer) => [layer.layer, layer]))
  const lines: StripLine[] = []
  for (let slot = 0; slot < slots.printed; slot += slots.layersPerLine) {
    const fromLayer = slots.firstLayer + slot
    const toLayer = slots.firstLayer + Math.min(slot + slots.layersPerLine, slots.printed) - 1
    const group: StripLayer[] = []
    for (let layer = fromLayer; layer <= toLayer; layer += 1) {
      group.push(byNumber.get(layer) ?? { layer, health: 'unwatched' })
    }
    lines.push(mergeLine(group, slot / slots.layersPerLine))
  }
  return lines
}

function mergeLine(group: readonly StripLayer[], line: number): StripLine {
  const health = worstFirst.find((kind) => group.some((layer) => layer.health === kind)) ?? 'unwatched'
  const shown = group.filter((layer) => layer.health === health)
  const numbers = group.map((layer) => layer.layer)
  const fromLayer = Math.min(...numbers)
  return {
    line,
    fromLayer,
    toLayer: Math.max(...numbers),
    health,
    evidence: Math.max(0, ...shown.map((layer) => layer.evidence ?? 0)),
    hidesUnwatched: health !== 'unwatched' && group.some((layer) => layer.health === 'unwatched'),
    tone: toneOf(fromLayer),
  }
}

/** Scattered but the same at every drawing, so that strata stay where they are as the print grows. */
function toneOf(layer: number): 0 | 1 {
  const mixed = Math.imul(layer ^ (layer >>> 3), 0x9e3779b1) >>> 0
  return mixed >>> 31 === 1 ? 1 : 0
}

function gapFor(lineHeightPx: number): number {
  if (lineHeightPx >= 16) return 2
  if (lineHeightPx >= 5) return 1
  if (lineHeightPx >= 3.4) return 0.5
  return 0
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
