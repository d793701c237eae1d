import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { z } from 'zod'
import type { BackendName, Detector, FrameJudgement } from '../../device/detector/detector.ts'
import { backendNames } from '../../device/detector/load.ts'
import { openDetector, shippedModelDir } from '../../device/detector/open.ts'

/*
 * `npm run model:agree`: judges every frame of a folder on every runtime. Those that compute one function must
 * agree within 1e-3 of a probability; the weights of 8 bits may differ by 0.05, and on 99 % of the frames they
 * must stay on the same side of the threshold that 5 % of the good held-out frames exceed.
 */

const exactTolerance = 1e-3
const int8Tolerance = 0.05
const int8Share = 0.99
const judgeTimeoutMs = 60_000

/** What one runtime said against ONNX Runtime's fp32, over all frames. Probabilities, 0..1. */
export interface Agreement {
  backend: BackendName
  frames: number
  /** Largest difference of a frame's probability, and of a cell's. */
  largestOfFrame: number
  largestOfCell: number
  /** Share of frames within 0.05, and on the same side of the alarm threshold. */
  shareWithin: number
  shareSameSide: number
  agrees: boolean
}

/** What one frame's two judgements differ by. */
export interface Difference {
  ofFrame: number
  ofCell: number
  isSameSide: boolean
}

/** @param alarm the probability above which a frame counts as an alarm */
export function compareJudgements(one: FrameJudgement, base: FrameJudgement, alarm: number): Difference {
  const cells = one.maps.flatMap((map, channel) =>
    [...map.cells].map((cell, index) => Math.abs(cell - (base.maps[channel]?.cells[index] ?? Number.NaN))),
  )
  return {
    ofFrame: Math.abs(one.score - base.score),
    ofCell: Math.max(...cells),
    isSameSide: one.score > alarm === base.score > alarm,
  }
}

export function summarise(backend: BackendName, differences: readonly Difference[]): Agreement {
  const share = (holds: (difference: Difference) => boolean) =>
    differences.filter(holds).length / differences.length
  const largestOfFrame = Math.max(...differences.map(({ ofFrame }) => ofFrame))
  const largestOfCell = Math.max(...differences.map(({ ofCell }) => ofCell))
  const shareWithin = share(({ ofFrame }) => ofFrame <= int8Tolerance)
  const shareSameSide = share(({ isSameSide }) => isSameSide)
  const agrees =
    backend === 'onnx-int8'
      ? shareWithin >= int8Share && shareSameSide >= int8Share
      : Math.max(largestOfFrame, largestOfCell) <= exactTolerance
  return {
    ...{ backend, frames: differences.length, largestOfFrame, largestOfCell },
    ...{ shareWithin, shareSameSide, agrees },
  }
}

async function openAll(names: readonly BackendName[]): Promise<Map<BackendName, Detector>> {
  const detectors = new Map<BackendName, Detector>()
  for (const backend of names) {
    const options = { backend, modelDir: shippedModelDir, threads: 1, log: pino({ level: 'silent' }) }
    try {
      detectors.set(backend, (await openDetector(options, AbortSignal.timeout(120_000))).detector)
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      if (!(cause instanceof UnavailableError)) throw error
      console.error(`${backend} is not compared: ${cause.message}`)
    }
  }
  return detectors
}

async function readAlarm(): Promise<number> {
  const Manifest = z.object({ scores: z.object({ alarmProbability: z.number() }) })
  const manifest = Manifest.parse(JSON.parse(await readFile(join(shippedModelDir, 'manifest.json'), 'utf8')))
  return manifest.scores.alarmProbability
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: resolve(import.meta.dirname, '../../../shared/frames/images') },
      every: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const every = Number(values.every)
  if (values.help || !(every >= 1)) {
    console.log('npm run model:agree -- [--frames FOLDER OF JPEGS] [--every N] [--json]')
    return values.help ? 0 : 64
  }
  const names = (await readdir(values.frames)).filter((name) => name.endsWith('.jpg')).sort()
  const chosen = names.filter((_, index) => index % every === 0)
  const detectors = await openAll(backendNames)
  const alarm = await readAlarm()
  const differences = new Map<BackendName, Difference[]>()
  const baseDetector = detectors.get('onnx')
  if (!baseDetector) throw new Error('without ONNX Runtime there is nothing to compare with')
  for (const [index, name] of chosen.entries()) {
    const jpeg = await readFile(join(values.frames, name))
    const judge = (detector: Detector) => detector.judge(jpeg, AbortSignal.timeout(judgeTimeoutMs))
    const base = await judge(baseDetector)
    for (const [backend, detector] of detectors) {
      if (backend === 'onnx') continue
      const all = differences.get(backend) ?? []
      all.push(compareJudgements(await judge(detector), base, alarm))
      differences.set(backend, all)
    }
    if (index % 100 === 99) console.error(`${index + 1} of ${chosen.length} frames`)
  }
  for (const detector of detectors.values()) await detector.close()
  const agreements = [...differences].map(([backend, all]) => summarise(backend, all))
  if (values.json) console.log(JSON.stringify(agreements, undefined, 2))
  else for (const agreement of agreements) console.log(describe(agreement))
  return agreements.length > 0 && agreements.every(({ agrees }) => agrees) ? 0 : 1
}

function describe(agreement: Agreement): string {
  const { backend, frames, agrees, largestOfFrame, largestOfCell, shareWithin, shareSameSide } = agreement
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  const shares = `${percent(shareWithin)} within ${int8Tolerance}, ${percent(shareSameSide)} on the same side of the threshold`
  const largest = `largest difference of a frame ${largestOfFrame.toExponential(1)}, of a cell ${largestOfCell.toExponential(1)}`
  return `${agrees ? '✓' : '✗'} ${backend} against onnx over ${frames} frames: ${largest}; ${shares}`
}

if (import.meta.main) process.exit(await main())
