import type {
  CommandView,
  IncidentView,
  LayerView,
  LiveChange,
  PairingView,
  PrinterView,
} from '@layerwatch/shared/api.ts'

/**
 * `connecting`: never heard anything yet. `reconnecting`: the stream just ended and the first try to resume runs.
 * `lost`: what is on screen is the last known state.
 */
export type LinkStatus = 'connecting' | 'live' | 'reconnecting' | 'lost' | 'signed-out'

/** Everything the page knows, with how it came by it. Replaced at each change, never mutated. */
export type LiveState = {
  link: LinkStatus
  /** When anything was last heard from the cloud, by this browser's clock. */
  heardAtMs: number | undefined
  /** Counts connections: what is read beside the stream is read again when it grows. */
  connection: number
  /** Undefined until known; may come from an earlier visit while `link` is not live. */
  printers: readonly PrinterView[] | undefined
  layers: ReadonlyMap<string, readonly LayerView[]>
  incidents: ReadonlyMap<string, IncidentView>
  commands: ReadonlyMap<string, CommandView>
  pairings: ReadonlyMap<string, PairingView>
}

export const emptyState: LiveState = {
  link: 'connecting',
  heardAtMs: undefined,
  connection: 0,
  printers: undefined,
  layers: new Map(),
  incidents: new Map(),
  commands: new Map(),
  pairings: new Map(),
}

/** The state after one change the cloud told. */
export function applyChange(state: LiveState, change: LiveChange): LiveState {
  switch (change.type) {
    case 'printers':
      return { ...state, printers: change.printers }
    case 'printer':
      return { ...state, printers: putPrinter(state.printers ?? [], change.printer) }
    case 'printer.removed': {
      const printers = state.printers?.filter((printer) => printer.id !== change.printerId)
      return { ...state, printers }
    }
    case 'layer':
      return { ...state, layers: putLayer(state.layers, change.printId, change.layer) }
    case 'incident':
      return { ...state, incidents: withEntry(state.incidents, change.incident.id, change.incident) }
    case 'command':
      return { ...state, commands: withEntry(state.commands, change.command.id, change.command) }
    case 'pairing':
      return { ...state, pairings: withEntry(state.pairings, change.pairing.id, change.pairing) }
  }
}

/** Puts a print's layers in place; what arrived live while they were read is kept, being newer. */
export function putLayers(state: LiveState, printId: string, read: readonly LayerView[]): LiveState {
  const merged = new Map(read.map((layer) => [layer.layer, layer]))
  for (const layer of state.layers.get(printId) ?? []) {
    const other = merged.get(layer.layer)
    if (!other || other.at < layer.at) merged.set(layer.layer, layer)
  }
  const layers = [...merged.values()].sort((a, b) => a.layer - b.layer)
  return { ...state, layers: withEntry(state.layers, printId, layers) }
}

/** The same map with one entry set. */
export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value)
}

function putPrinter(printers: readonly PrinterView[], printer: PrinterView): readonly PrinterView[] {
  const isKnown = printers.some((other) => other.id === printer.id)
  if (!isKnown) return [...printers, printer]
  return printers.map((other) => (other.id === printer.id ? printer : other))
}

type Layers = LiveState['layers']

/** Adds or replaces one layer, for prints somebody looked at; the others are read when somebody does. */
function putLayer(layers: Layers, printId: string, layer: LayerView): Layers {
  const known = layers.get(printId)
  if (!known) return layers
  const others = known.filter((other) => other.layer !== layer.layer)
  return withEntry(
    layers,
    printId,
    [...others, layer].sort((a, b) => a.layer - b.layer),
  )
}
