import type { PrinterView } from '@layerwatch/shared/api.ts'
import { confirm, confirmPause, suspect } from './failing.ts'
import {
  addDevice,
  addPrint,
  addPrinter,
  ago,
  changePrinter,
  growLayer,
  type Mark,
  type World,
} from './world.ts'

/** Worlds worth looking at. */

/** Four printers: one paused by Layerwatch, one not watched, one suspected, one fine; and some history. */
export async function fillWorkshop(
  world: World,
): Promise<Record<'left' | 'voron' | 'window' | 'garage', PrinterView>> {
  const device = addDevice(world)
  const garage = await addPrinter(world, device, {
    name: 'Garage',
    job: 'Twisted vase',
    layer: 182,
    layers: 246,
    secondsLeft: 2880,
    scene: { colour: '#d9733f', shape: 'vase', progress: 0.74 },
    marks: [
      { from: 31, to: 32, health: 'suspected', evidence: [0.52, 0.57] },
      { from: 118, to: 121, health: 'unwatched', evidence: [0, 0] },
    ],
  })
  const window = await addPrinter(world, device, {
    name: 'Window',
    job: 'Drawer insert',
    layer: 97,
    layers: 180,
    secondsLeft: 4320,
    scene: { colour: '#3aa39b', shape: 'box', progress: 0.5, spaghetti: 0.15 },
    marks: [
      { from: 60, to: 60, health: 'suspected', evidence: [0.5, 0.5] },
      { from: 96, to: 97, health: 'suspected', evidence: [0.52, 0.6] },
    ],
  })
  const voron = await addPrinter(world, device, {
    name: 'Voron',
    job: 'Lighthouse',
    layer: 530,
    layers: 880,
    secondsLeft: 18_600,
    scene: { colour: '#4d79c9', shape: 'tower', progress: 0.6 },
    marks: [
      { from: 222, to: 226, health: 'suspected', evidence: [0.5, 0.6] },
      { from: 513, to: 530, health: 'unwatched', evidence: [0, 0] },
    ],
  })
  const left = await addPrinter(world, device, {
    name: 'Left bench',
    job: 'Planter, hex',
    layer: 39,
    layers: 310,
    secondsLeft: 22_000,
    scene: { colour: '#e4e1d8', shape: 'box', progress: 0.42, seed: 9 },
    marks: [{ from: 39, to: 39, health: 'suspected', evidence: [0.58, 0.58] }],
  })
  await suspect(world, window.id, 95)
  changePrinter(world, voron.id, {
    watching: { isWatching: false, since: ago(480), reason: 'camera-frozen' },
    picture: voron.picture && { ...voron.picture, at: ago(490) },
  })
  await failLeftBench(world, left.id)
  addHistory(world, [garage, window, voron, left])
  return { left, voron, window, garage }
}

/** The whole course of an alarm, long enough ago that its times differ. */
async function failLeftBench(world: World, printerId: string): Promise<void> {
  const incident = await suspect(world, printerId, 428)
  growLayer(world, printerId, { from: 40, to: 40, health: 'failed', evidence: [0.74, 0.74] })
  growLayer(world, printerId, { from: 41, to: 41, health: 'failed', evidence: [0.97, 0.97] })
  await confirm(world, incident.id, 200)
  confirmPause(world, incident.id, 197)
}

const pastJobs: [string, number, number, Mark[], 'finished' | 'cancelled' | 'failed'][] = [
  ['Gear set', 64, 64, [], 'finished'],
  ['Chess rook', 60, 220, [{ from: 52, to: 60, health: 'failed', evidence: [0.6, 0.95] }], 'cancelled'],
  ['Star lamp', 420, 420, [{ from: 200, to: 206, health: 'suspected', evidence: [0.5, 0.62] }], 'finished'],
  ['Pen cup', 300, 300, [], 'finished'],
  ['Lighthouse', 880, 880, [{ from: 513, to: 560, health: 'unwatched', evidence: [0, 0] }], 'finished'],
  ['Bracket', 150, 150, [{ from: 90, to: 92, health: 'suspected', evidence: [0.5, 0.7] }], 'finished'],
  ['Hook', 41, 90, [{ from: 39, to: 41, health: 'failed', evidence: [0.6, 0.98] }], 'failed'],
]

function addHistory(world: World, printers: readonly PrinterView[]): void {
  pastJobs.forEach(([job, layer, layers, marks, outcome], index) => {
    const printerId = printers[index % printers.length]?.id ?? ''
    const startedSecondsAgo = 86_400 * (index + 0.6)
    const print = addPrint(world, { printerId, job, layer, layers, marks, startedSecondsAgo })
    world.prints.set(print.id, { ...print, outcome, endedAt: ago(startedSecondsAgo - layer * 55) })
  })
}
