import type { GcodeEvent, GcodeMove } from './parse.ts'

/** One layer of a file: `layer` counts from 1 through the whole file, `pass` is the object printed. */
export type LayerSpan = {
  layer: number
  /** Objects printed one after another are passes 1, 2, …; in each the height only rises. */
  pass: number
  zMm: number
  /** The layer's bytes: from `startByte` up to, not including, `endByte`. */
  startByte: number
  endByte: number
}

/** The layers of a file in its order; together with the bytes before the first they cover it. */
export type LayerIndex = { layers: readonly LayerSpan[] }

type Start = { byte: number; zMm: number; pass: number }

/** A step of height smaller than this is the slicer's rounding or a levelled bed, not a layer. */
const zToleranceMm = 0.02
const usualLayerHeightMm = 0.2
/** A purge line may lie a little above the first layer; it belongs to it. */
const purgeMaxMm = 1

/**
 * Finds the layers of a file. The slicer's own marks rule where there are any; otherwise a layer starts where
 * plastic is laid at a new height. Only extruding moves count, so that a Z-hop starts nothing.
 */
export function indexLayers(events: Iterable<GcodeEvent>): LayerIndex {
  const marked: Start[] = []
  const measured = createHeightReader()
  let mark: number | undefined
  let endByte = 0
  for (const event of events) {
    endByte = event.kind === 'move' ? event.endByte : event.byte + 1
    if (event.kind === 'layer') mark = event.byte
    if (event.kind !== 'move' || !isExtruding(event)) continue
    measured.read(event)
    if (mark === undefined) continue
    // A mark without plastic after it (a raft's gap, an end script) is no layer.
    marked.push({ byte: mark, zMm: event.to.z, pass: passAfter(marked.at(-1), event.to.z) })
    mark = undefined
  }
  return { layers: toSpans(marked.length > 1 ? marked : measured.starts, endByte) }
}

/** The layer a byte of the file belongs to, and 0 before the first layer. Past the end, the last layer. */
export function layerAtByte(index: LayerIndex, byte: number): number {
  let low = 0
  let high = index.layers.length
  while (low < high) {
    const middle = (low + high) >> 1
    const span = index.layers[middle]
    if (span && span.startByte <= byte) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether a move lays plastic: fed while moving sideways, so neither a retraction nor its return. */
export function isExtruding(move: GcodeMove): boolean {
  return move.extrudedMm > 0 && (move.from.x !== move.to.x || move.from.y !== move.to.y)
}

function passAfter(previous: Start | undefined, zMm: number): number {
  if (!previous) return 1
  return zMm < previous.zMm - zToleranceMm ? previous.pass + 1 : previous.pass
}

function createHeightReader() {
  const starts: Start[] = []
  let heightMm = usualLayerHeightMm
  function read(move: GcodeMove): void {
    const current = starts.at(-1)
    const zMm = move.to.z
    if (!current) {
      starts.push({ byte: move.byte, zMm, pass: 1 })
      if (zMm > zToleranceMm && zMm < purgeMaxMm) heightMm = zMm
      return
    }
    const riseMm = zMm - current.zMm
    if (riseMm < -zToleranceMm && starts.length === 1 && current.zMm < purgeMaxMm) {
      current.zMm = zMm
      return
    }
    // In vase mode every move rises a little: a layer is over when a whole layer's height is gained.
    const isSpiral = move.to.z - move.from.z > 1e-4 && riseMm < 2 * heightMm
    const isNew = isSpiral ? riseMm >= heightMm - 1e-4 : Math.abs(riseMm) > zToleranceMm
    if (!isNew) return
    if (!isSpiral && riseMm > 0 && riseMm < purgeMaxMm) heightMm = riseMm
    starts.push({ byte: move.byte, zMm, pass: passAfter(current, zMm) })
  }
  return { starts, read }
}

function toSpans(starts: readonly Start[], endByte: number): LayerSpan[] {
  return starts.map((start, i) => ({
    layer: i + 1,
    pass: start.pass,
    zMm: start.zMm,
    startByte: start.byte,
    endByte: starts[i + 1]?.byte ?? endByte,
  }))
}
