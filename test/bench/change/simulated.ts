import type { WorldKind } from '../../../device/simulator/world.ts'
import { median } from '../figure.ts'
import { filmPrint, type PrintWish } from './prints.ts'
import { isFoundInTime, sensePrint } from './sense.ts'

/** What the sense made of one simulated print. */
export interface SimulatedPrint {
  readonly wish: PrintWish
  readonly shape: string
  readonly failureLayer?: number | undefined
  /** Hours of good printing in it: all of them, or those before its failure. */
  readonly goodHours: number
  readonly warnedAtLayer?: number | undefined
  readonly warnedOf?: string | undefined
  readonly pausedAtLayer?: number | undefined
  readonly isWarnedInTime: boolean
  readonly isPausedInTime: boolean
  readonly isWarnedFalsely: boolean
  readonly isPausedFalsely: boolean
  readonly cpuMsPerLayer: number
}

export const simulatedKinds = ['good', 'clog', 'run-out', 'layer-shift', 'knocked-over'] as const

/** Shows simulated prints to the sense alone, each with its own account and the thresholds of the agent. */
export async function senseSimulated(
  at: { world: WorldKind; seeds: readonly number[]; cache: string | undefined },
  onPrint: (print: SimulatedPrint) => void,
): Promise<SimulatedPrint[]> {
  const prints: SimulatedPrint[] = []
  for (const seed of at.seeds) {
    for (const kind of simulatedKinds) {
      const print = await senseOne({ world: at.world, seed, kind }, at.cache)
      prints.push(print)
      onPrint(print)
    }
  }
  return prints
}

async function senseOne(wish: PrintWish, cache: string | undefined): Promise<SimulatedPrint> {
  const film = await filmPrint(wish, cache)
  const { warnedAtLayer, warnedOf, pausedAtLayer, cpuMsPerLayer } = sensePrint(film.frames, film.layerSeconds)
  const failureLayer = film.failure?.layer
  const isGoodAt = (layer: number) => layer < (failureLayer ?? Infinity)
  const goodLayers = Math.min(film.frames.at(-1)?.layer ?? 0, failureLayer ?? Infinity)
  return {
    wish,
    shape: film.shape,
    failureLayer,
    goodHours: (goodLayers * film.layerSeconds) / 3600,
    warnedAtLayer,
    warnedOf,
    pausedAtLayer,
    isWarnedInTime: isFoundInTime(film, warnedAtLayer),
    isPausedInTime: isFoundInTime(film, pausedAtLayer),
    isWarnedFalsely: warnedAtLayer !== undefined && isGoodAt(warnedAtLayer),
    isPausedFalsely: pausedAtLayer !== undefined && isGoodAt(pausedAtLayer),
    cpuMsPerLayer,
  }
}

/** One line of the table for each kind of print. */
export function summariseSimulated(prints: readonly SimulatedPrint[]) {
  return simulatedKinds.map((kind) => {
    const mine = prints.filter(({ wish }) => wish.kind === kind)
    const count = (is: (print: SimulatedPrint) => boolean) => mine.filter(is).length
    return {
      kind,
      prints: mine.length,
      goodHours: mine.reduce((sum, { goodHours }) => sum + goodHours, 0),
      warnedInTime: count((print) => print.isWarnedInTime),
      pausedInTime: count((print) => print.isPausedInTime),
      falseWarnings: count((print) => print.isWarnedFalsely),
      falsePauses: count((print) => print.isPausedFalsely),
      cpuMsPerLayer: median(mine.map(({ cpuMsPerLayer }) => cpuMsPerLayer)),
    }
  })
}

export function describeSimulated(row: ReturnType<typeof summariseSimulated>[number]): string {
  const { kind, prints, goodHours, warnedInTime, pausedInTime, falseWarnings, falsePauses } = row
  const found =
    kind === 'good' ? '' : `; in time warned ${warnedInTime}, beyond the pause threshold ${pausedInTime}`
  return `${kind}: ${prints} prints, ${goodHours.toFixed(1)} good h${found}; falsely warned ${falseWarnings}, beyond the pause threshold ${falsePauses}; ${row.cpuMsPerLayer.toFixed(0)} ms of processor a layer`
}
