import type { IncidentView, PrinterView } from '@layerwatch/shared/api.ts'
import { outlineFallback } from '@layerwatch/shared/pause-words.ts'
import {
  addSnapshot,
  ago,
  changeIncident,
  changePrinter,
  newId,
  spaghettiBox,
  tell,
  type World,
} from './world.ts'

/** The course of a failure, step by step, as the cloud would tell it. */

/** The agent suspects something at the current layer. */
export async function suspect(world: World, printerId: string, secondsAgo = 0): Promise<IncidentView> {
  const printer = printerOf(world, printerId)
  const scene = world.scenes.get(printerId) ?? { colour: '#e4e1d8', shape: 'box', progress: 0.4 }
  const layer = printer.print?.layer ?? 1
  const incident: IncidentView = {
    id: newId(),
    printerId,
    printerName: printer.name,
    printId: printer.print?.id ?? newId(),
    job: printer.print?.job ?? '',
    status: 'open',
    severity: 'suspected',
    defect: 'spaghetti',
    evidence: 0.58,
    beganAtLayer: layer,
    layer,
    layers: printer.print?.layers,
    openedAt: ago(secondsAgo),
    pause: 'none',
    reasons: ['Evidence .58 in this layer, .50 warns.'],
    before: await addSnapshot(world, { scene, layer: Math.max(1, layer - 1), secondsAgo: secondsAgo + 60 }),
    picture: await addSnapshot(world, {
      scene: { ...scene, spaghetti: 0.3 },
      layer,
      secondsAgo,
      detections: [spaghettiBox(0.58)],
    }),
    timeline: [{ at: ago(secondsAgo), kind: 'suspected', layer, detail: '.58' }],
  }
  world.incidents.set(incident.id, incident)
  tell(world, { type: 'incident', incident })
  changePrinter(world, printerId, { incident: summaryOf(incident), picture: incident.picture })
  return incident
}

/** The agent is sure, and has sent a pause. */
export async function confirm(world: World, incidentId: string, secondsAgo = 0): Promise<void> {
  const before = incidentOf(world, incidentId)
  const printer = printerOf(world, before.printerId)
  const scene = world.scenes.get(printer.id) ?? { colour: '#e4e1d8', shape: 'box', progress: 0.4 }
  const layer = printer.print?.layer ?? before.layer
  const failed = { ...scene, spaghetti: 1 }
  world.scenes.set(printer.id, failed)
  const picture = await addSnapshot(world, {
    scene: failed,
    layer,
    secondsAgo,
    detections: [spaghettiBox(0.97)],
  })
  const change = { severity: 'confirmed' as const, evidence: 0.97, layer, picture, pause: 'sent' as const }
  const reasons = ['Evidence .97 in this layer, .72 in the one before; .70 pauses.']
  changeIncident(
    world,
    incidentId,
    { ...change, reasons },
    { at: ago(secondsAgo), kind: 'confirmed', layer, detail: '.97' },
  )
  changeIncident(world, incidentId, {}, { at: ago(secondsAgo), kind: 'pause.sent', by: 'layerwatch', layer })
  changePrinter(world, printer.id, {
    incident: summaryOf(incidentOf(world, incidentId)),
    picture,
    state: 'pausing',
  })
}

/** The printer was read back as paused. */
export function confirmPause(world: World, incidentId: string, secondsAgo = 0): void {
  changeIncident(
    world,
    incidentId,
    { pause: 'confirmed' },
    { at: ago(secondsAgo), kind: 'paused', by: 'layerwatch' },
  )
  const incident = incidentOf(world, incidentId)
  const scene = world.scenes.get(incident.printerId)
  if (scene) world.scenes.set(incident.printerId, { ...scene, isParked: true })
  changePrinter(world, incident.printerId, {
    state: 'paused',
    pausedBy: 'layerwatch',
    pausedAt: ago(secondsAgo),
    incident: summaryOf(incident),
  })
}

/** The printer did not answer. */
export function failPause(world: World, incidentId: string, secondsAgo = 0): void {
  const step = { at: ago(secondsAgo), kind: 'pause.failed' as const, detail: 'asked 4 times' }
  changeIncident(world, incidentId, { pause: 'failed' }, step)
  const incident = incidentOf(world, incidentId)
  changePrinter(world, incident.printerId, { state: 'printing', incident: summaryOf(incident) })
}

/** The printer says it has paused, and goes on moving before the camera. */
export function seeMoving(world: World, incidentId: string, secondsAgo = 0): void {
  changeIncident(world, incidentId, { pause: 'moving' }, { at: ago(secondsAgo), kind: 'pause.moving' })
  const incident = incidentOf(world, incidentId)
  changePrinter(world, incident.printerId, { incident: summaryOf(incident) })
}

/** The printer stood still by itself before it was paused, and its nozzle was switched off after a while. */
export function pauseItself(world: World, incidentId: string, secondsAgo = 0): void {
  const detail = 'filament ran out'
  changeIncident(world, incidentId, {}, { at: ago(secondsAgo), kind: 'paused', by: 'sensor', detail })
  const off = { at: ago(secondsAgo - 60), kind: 'nozzle.off', detail: 'after 20 min' } as const
  changeIncident(world, incidentId, {}, off)
  const { printerId } = incidentOf(world, incidentId)
  const limits = [
    'It can not be resumed yet, for a heater was switched off in the pause: heat the nozzle to 215 °C (now 25) at the printer first.',
  ]
  changePrinter(world, printerId, { state: 'paused', pausedBy: 'sensor', pausedAt: ago(secondsAgo), limits })
}

/** What its owner configured ended the printer that did not obey. */
export function endOtherwise(world: World, incidentId: string, secondsAgo = 0): void {
  const detail = outlineFallback({ means: 'webhook', result: 'confirmed', tries: 1 })
  changeIncident(world, incidentId, {}, { at: ago(secondsAgo), kind: 'ended', detail })
  const incident = incidentOf(world, incidentId)
  changePrinter(world, incident.printerId, { state: 'error', incident: summaryOf(incident) })
}

export function summaryOf(incident: IncidentView): NonNullable<PrinterView['incident']> {
  const { id, severity, defect, layer, beganAtLayer, openedAt, pause } = incident
  return { id, severity, defect, layer, beganAtLayer, openedAt, pause }
}

function printerOf(world: World, printerId: string): PrinterView {
  const printer = world.printers.get(printerId)
  if (!printer) throw new Error('no such printer')
  return printer
}

export function incidentOf(world: World, incidentId: string): IncidentView {
  const incident = world.incidents.get(incidentId)
  if (!incident) throw new Error('no such incident')
  return incident
}
