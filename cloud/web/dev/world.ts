import { randomUUID } from 'node:crypto'
import type {
  CommandView,
  DeviceView,
  IncidentStep,
  IncidentView,
  LayerView,
  LiveChange,
  PairingView,
  PrinterView,
  PrintView,
} from '@layerwatch/shared/api.ts'
import type { ContactKind, ContactsView, ContactView } from '@layerwatch/shared/notify.ts'
import { defaultRules, type PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import type { Detection, LayerHealth } from '@layerwatch/shared/vocabulary.ts'
import { renderPicture, type Scene } from './pictures.ts'

/** The pretended printers behind the mock cloud. Everything in it may be moved by a test or by a scene. */
export type World = {
  printers: Map<string, PrinterView>
  prints: Map<string, PrintView>
  layers: Map<string, LayerView[]>
  incidents: Map<string, IncidentView>
  commands: Map<string, CommandView>
  devices: Map<string, DeviceView>
  pairings: Map<string, PairingView>
  snapshots: Map<string, Buffer>
  scenes: Map<string, Scene>
  notifications: {
    contacts: Map<ContactKind, ContactView>
    last: ContactsView['last']
    preferences: PreferencesView
  }
  /** What the printers do when a command arrives. */
  printersObey: 'yes' | 'silently' | 'never' | 'refuse'
  /** Age given to live frames, and whether any are sent. */
  live: { isSent: boolean; ageMs: number; hasHeat: boolean; detections: Detection[] }
  listeners: Set<(change: LiveChange) => void>
  /** Every command that arrived, as it was asked. */
  asked: { action: string; printId?: string | undefined; snapshotId?: string | undefined; key: string }[]
}

export function createWorld(): World {
  return {
    printers: new Map(),
    prints: new Map(),
    layers: new Map(),
    incidents: new Map(),
    commands: new Map(),
    devices: new Map(),
    pairings: new Map(),
    snapshots: new Map(),
    scenes: new Map(),
    notifications: {
      contacts: new Map(),
      last: {},
      preferences: { cloudTimeZone: 'UTC', rules: defaultRules },
    },
    printersObey: 'yes',
    live: { isSent: true, ageMs: 400, hasHeat: true, detections: [] },
    listeners: new Set(),
    asked: [],
  }
}

export function tell(world: World, change: LiveChange): void {
  for (const listener of world.listeners) listener(change)
}

export function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString()
}

export function newId(): string {
  return randomUUID()
}

export function addDevice(world: World, name = 'workshop-pi'): DeviceView {
  const device: DeviceView = {
    id: newId(),
    name,
    isPresent: true,
    heardAt: ago(3),
    version: '0.1.0',
    backend: 'onnx',
    frameMs: 48,
    pairedAt: ago(86_400 * 12),
    printers: 0,
  }
  world.devices.set(device.id, device)
  return device
}

export type NewPrinter = {
  name: string
  job: string
  layer: number
  layers?: number
  marks?: Mark[]
  scene: Scene
  secondsLeft?: number
}

/** A run of layers that is not fine. */
export type Mark = { from: number; to: number; health: LayerHealth; evidence: [number, number] }

/** Puts a printer with a print under way, its layers judged so far and its newest picture. */
export async function addPrinter(world: World, device: DeviceView, spec: NewPrinter): Promise<PrinterView> {
  const id = newId()
  const print = addPrint(world, { printerId: id, ...spec, startedSecondsAgo: spec.layer * 62 })
  const printer: PrinterView = {
    id,
    name: spec.name,
    kind: 'simulated',
    device: { id: device.id, name: device.name, isPresent: device.isPresent, heardAt: ago(3) },
    role: 'owner',
    state: 'printing',
    actions: ['pause', 'resume', 'cancel'],
    watching: { isWatching: true, since: print.startedAt },
    print,
    picture: await addSnapshot(world, { scene: spec.scene, layer: spec.layer, secondsAgo: 6 }),
  }
  world.scenes.set(id, spec.scene)
  world.printers.set(id, printer)
  world.devices.set(device.id, { ...device, printers: device.printers + 1 })
  return printer
}

export type NewPrint = {
  printerId: string
  job: string
  layer: number
  layers?: number | undefined
  marks?: Mark[] | undefined
  secondsLeft?: number | undefined
  startedSecondsAgo: number
}

export function addPrint(world: World, spec: NewPrint): PrintView {
  const print: PrintView = {
    id: newId(),
    printerId: spec.printerId,
    job: spec.job,
    startedAt: ago(spec.startedSecondsAgo),
    layer: spec.layer,
    layers: spec.layers,
    secondsLeft: spec.secondsLeft,
  }
  world.prints.set(print.id, print)
  const layers: LayerView[] = []
  for (let layer = 1; layer <= spec.layer; layer += 1) {
    const secondsAgo = spec.startedSecondsAgo * (1 - layer / spec.layer)
    layers.push(
      judgedLayer(
        layer,
        spec.marks?.findLast((mark) => layer >= mark.from && layer <= mark.to),
        secondsAgo,
      ),
    )
  }
  world.layers.set(print.id, layers)
  return print
}

export function judgedLayer(layer: number, mark: Mark | undefined, secondsAgo = 0): LayerView {
  const quiet = 0.1 + 0.28 * Math.abs(Math.sin(layer * 1.7) * Math.cos(layer * 0.31))
  const health = mark?.health ?? 'fine'
  const share = mark && mark.to > mark.from ? (layer - mark.from) / (mark.to - mark.from) : 1
  const evidence = mark ? mark.evidence[0] + (mark.evidence[1] - mark.evidence[0]) * share : quiet
  const isWatched = health !== 'unwatched'
  return {
    layer,
    health,
    verdict: verdicts[health],
    evidence: isWatched ? evidence : undefined,
    defects: isWatched ? { spaghetti: evidence, warping: quiet * 0.5, failure: evidence * 0.84 } : {},
    worstScore: isWatched ? evidence : undefined,
    frames: isWatched ? 6 : 0,
    detections: health === 'failed' || health === 'suspected' ? [spaghettiBox(evidence)] : [],
    reasons: reasonsFor(health, evidence),
    at: ago(secondsAgo),
    seconds: 58,
  }
}

const verdicts = { fine: 'ok', unwatched: 'ok', suspected: 'warn', failed: 'fail' } as const

function reasonsFor(health: LayerHealth, evidence: number): string[] {
  if (health === 'unwatched') return ['The camera gave no picture to judge.']
  if (health === 'fine') return ['Under the line: nothing to do.']
  if (health === 'suspected') return [`Evidence ${evidence.toFixed(2)} is over the warning line at 0.50.`]
  return [
    `Evidence ${evidence.toFixed(2)} is over the pause line at 0.70.`,
    'Two layers over it pause the print.',
  ]
}

export function spaghettiBox(score: number): Detection {
  return { label: 'spaghetti', score: Math.min(1, score), box: [0.31, 0.42, 0.42, 0.3] }
}

export type NewSnapshot = { scene: Scene; layer?: number; secondsAgo?: number; detections?: Detection[] }

export async function addSnapshot(world: World, spec: NewSnapshot) {
  const id = newId()
  world.snapshots.set(id, await renderPicture(spec.scene))
  return { id, at: ago(spec.secondsAgo ?? 0), layer: spec.layer, detections: spec.detections ?? [] }
}

/** Changes a printer and tells those who listen. */
export function changePrinter(world: World, printerId: string, change: Partial<PrinterView>): PrinterView {
  const before = world.printers.get(printerId)
  if (!before) throw new Error('no such printer')
  const printer = { ...before, ...change }
  world.printers.set(printerId, printer)
  if (printer.print) world.prints.set(printer.print.id, printer.print)
  tell(world, { type: 'printer', printer })
  return printer
}

export function changeIncident(
  world: World,
  incidentId: string,
  change: Partial<IncidentView>,
  step?: IncidentStep,
): void {
  const before = world.incidents.get(incidentId)
  if (!before) throw new Error('no such incident')
  const incident = { ...before, ...change, timeline: step ? [...before.timeline, step] : before.timeline }
  world.incidents.set(incidentId, incident)
  tell(world, { type: 'incident', incident })
}

/** One more layer of a print. */
export function growLayer(world: World, printerId: string, mark?: Mark): LayerView {
  const printer = world.printers.get(printerId)
  if (!printer?.print) throw new Error('nothing is printed')
  const layer = judgedLayer((printer.print.layer ?? 0) + 1, mark)
  world.layers.get(printer.print.id)?.push(layer)
  tell(world, { type: 'layer', printerId, printId: printer.print.id, layer })
  const secondsLeft = Math.max(0, (printer.print.secondsLeft ?? 0) - 60)
  changePrinter(world, printerId, { print: { ...printer.print, layer: layer.layer, secondsLeft } })
  return layer
}
