import { existsSync } from 'node:fs'
import pino from 'pino'
import { userChoiceFile } from '../../../device/detector/choice-file.ts'
import type { Detector } from '../../../device/detector/detector.ts'
import { loadModel } from '../../../device/detector/manifest.ts'
import { openDetector, shippedModelDir } from '../../../device/detector/open.ts'
import { type Camera, findCameras, lendFluctuation } from './camera.ts'
import { type LabelledFrame, readFrames, readLeftOut } from './frames.ts'
import { type Answers, answersOf } from './picture.ts'
import { type ScoredFrame, scoreFrames } from './score.ts'
import type { ScoreCache } from './score-cache.ts'

export interface BenchOptions {
  readonly framesDir: string
  readonly cacheDir: string
  readonly isFresh: boolean
  readonly isQuick: boolean
  /** Good print hours streamed at each correlation. */
  readonly hours: number
  /** Failing prints a row. */
  readonly failing: number
  /** Simulated prints: rounds over all shapes, four prints each. */
  readonly rounds: number
  readonly seed: number
  readonly say: (progress: string) => void
}

/** All that the sections measure on. */
export interface Setup extends BenchOptions {
  readonly modelSha256: string
  readonly leftOut: readonly string[]
  readonly answers: Answers
  readonly cache: ScoreCache
  readonly openDetector: () => Promise<Detector>
  /** Cameras of good frames of the test part; those of the calibration part, which fitted two numbers, apart. */
  readonly cameras: readonly Camera[]
  readonly calibrationCameras: readonly Camera[]
  /** Failing frames of the test part whose failure can be seen and is one to pause for, and the others. */
  readonly failures: readonly ScoredFrame[]
  readonly otherFailures: ReadonlyMap<string, readonly ScoredFrame[]>
  /** Good real sequences in their order. */
  readonly sequences: ReadonlyMap<string, readonly ScoredFrame[]>
}

/** Sources whose failures decide nothing, and why. */
export const apartSources: ReadonlyMap<string, string> = new Map([
  ['prottos', 'labels surface defects of finished parts as well, loosely'],
  ['hiltes', 'many of its failures are undecidable by eye'],
])

const sequenceSources = ['emptydeck-P1', 'timelapseplus']

/** Opens the model, scores what is held out, and sorts it. */
export async function prepare(options: BenchOptions, signal: AbortSignal): Promise<Setup> {
  const model = await loadModel(shippedModelDir)
  const modelSha256 = model.manifest.sha256
  const answers = answersOf(model.manifest)
  const cache = { dir: options.cacheDir, modelSha256, isFresh: options.isFresh }
  const leftOut = await readLeftOut(shippedModelDir)
  const open = openOnce(options, signal)
  const frames = existsSync(options.framesDir) ? await readFrames(options.framesDir, leftOut) : []
  const wanted = frames.filter(isWanted)
  const scored = await scoreFrames(wanted, { ...options, answers, cache, openDetector: open })
  const test = scored.filter(({ part }) => part === 'test')
  const failing = test.filter(({ isFailing }) => isFailing)
  const sequences = scored.filter(({ source, isFailing }) => sequenceSources.includes(source) && !isFailing)
  return {
    ...options,
    ...{ modelSha256, leftOut, answers, cache, openDetector: open },
    cameras: lendFluctuation(findCameras(test), options.seed),
    calibrationCameras: lendFluctuation(
      findCameras(scored.filter(({ part }) => part === 'calibration')),
      options.seed,
    ),
    failures: failing.filter(({ source }) => !apartSources.has(source)),
    otherFailures: Map.groupBy(
      failing.filter(({ source }) => apartSources.has(source)),
      ({ source }) => source,
    ),
    sequences: Map.groupBy(sequences, ({ source, sequence }) => `${source}/${sequence ?? ''}`),
  }
}

function isWanted({ part, source }: LabelledFrame): boolean {
  return part !== 'train' || sequenceSources.includes(source)
}

/** Starts the detector at the first call. */
function openOnce({ say }: BenchOptions, signal: AbortSignal): () => Promise<Detector> {
  let opening: Promise<Detector> | undefined
  const start = async () => {
    say('opening the detector')
    const log = pino({ level: 'silent' })
    const choiceFile = userChoiceFile()
    const options = { backend: 'auto', modelDir: shippedModelDir, threads: 1, choiceFile, log } as const
    const { detector } = await openDetector(options, signal)
    signal.addEventListener('abort', () => void detector.close(), { once: true })
    return detector
  }
  return () => {
    opening ??= start()
    return opening
  }
}
