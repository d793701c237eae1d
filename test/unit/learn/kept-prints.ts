import { shippedSha256 } from '../../../device/assess/rarities.ts'
import { PolicyConfig } from '../../../device/config.ts'
import type { Pupil } from '../../../device/learn/learn.ts'
import { keepMap, packSteps, type Step } from '../../../device/learn/steps.ts'
import { LearnStore } from '../../../device/learn/store.ts'
import type { KeptMark } from '../../../device/learn/tuning.ts'

export const grid = { width: 20, height: 20 }
export const model: string = shippedSha256
export const pupil: Pupil = {
  printerId: 'printer',
  basis: `${model}:views`,
  modelSha256: model,
  policy: PolicyConfig.parse({}),
  configured: {},
}

/** A square of cells of the map, from its upper left corner. */
export function square(left: number, top: number, size = 3): number[] {
  const rows = Array.from({ length: size }, (_, y) => y)
  return rows.flatMap((y) => rows.map((x) => (top + y) * grid.width + left + x))
}

export interface Sketch {
  /** Cells that get hot, from which second on, and how hot in log-odds. */
  hot?: readonly { cells: readonly number[]; from: number; logOdds?: number }[]
  seconds?: number
  seed?: number
  camera?: string
}

/** A print of a layer each 40 s, seen every 5 s, in which some places get hot. */
export function sketchSteps({ hot = [], seconds = 1200, seed = 1, camera = 'camera' }: Sketch): Step[] {
  const random = randomOf(seed)
  return Array.from({ length: Math.floor(seconds / 5) }, (_, i): Step => {
    const atSeconds = i * 5
    const cells = new Float32Array(grid.width * grid.height)
    for (let cell = 0; cell < cells.length; cell++) cells[cell] = -4 + random() - 0.5
    for (const { cells: where, from, logOdds = 4 } of hot) {
      for (const cell of where) if (atSeconds >= from) cells[cell] = logOdds + random() - 0.5
    }
    const map = keepMap({ ...grid, cells })
    return {
      kind: 'seen',
      layer: 1 + Math.floor(atSeconds / 40),
      atSeconds,
      sights: [{ camera, atSeconds, map }],
    }
  })
}

/** Mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface ToldPrint extends Sketch {
  id: string
  outcome?: string
  alarmedAtLayer?: number
  mark?: Partial<KeptMark>
}

/** Puts a print into a store, as the agent does. */
export function addPrint(store: LearnStore, told: ToldPrint, whose: Pupil = pupil): void {
  const { id: printId, outcome = 'finished', alarmedAtLayer, mark } = told
  const { printerId, basis, modelSha256 } = whose
  store.beginPrint({ printerId, basis, modelSha256, printId, beganAt: Date.now() })
  const steps = sketchSteps(told)
  for (let i = 0; i < steps.length; i += 60) store.addChunk(whose, printId, packSteps(steps.slice(i, i + 60)))
  if (alarmedAtLayer !== undefined) store.setAlarm(printId, alarmedAtLayer)
  store.endPrint(printId, outcome, Date.now())
  if (mark) store.keepMark(printerId, { printId, verdict: 'fine', ignore: [], revision: 1, ...mark })
}

export const inMemory = (): LearnStore => LearnStore.open(':memory:')
export const breathe = async (): Promise<void> => {}
