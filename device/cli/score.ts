import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Box, Defect } from '@layerwatch/shared/vocabulary.ts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import pino from 'pino'
import { DetectorConfig } from '../config.ts'
import { userChoiceFile } from '../detector/choice-file.ts'
import type { Detector, PictureFigures } from '../detector/detector.ts'
import { openDetector, shippedModelDir } from '../detector/open.ts'

const judgeTimeoutMs = 30_000
const progressEveryMs = 2000

/** What one picture alone tells of itself; `camera/quality.ts` judges a camera over time. */
type Quality = 'ok' | 'dark' | 'bright' | 'blurred'

/** One line of output. */
type ScoreLine =
  | {
      file: string
      /** Calibrated probability that the picture shows a failing print, at even odds before looking. */
      score: number
      detections: { label: Defect; score: number; box: Box }[]
      quality: Quality
    }
  | { file: string; error: string }

interface ScoreOptions {
  json?: true
  backend: DetectorConfig['backend']
  model: string
  threads: number
}

/** `score FILES`: what the detector says of a person's own pictures. Exits with 1 where one was none. */
export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .description('say of each picture how likely it shows a failing print')
    .argument('<files...>', 'JPEG files, or folders of them')
    .option('--json', 'one JSON line a file')
    .addOption(
      new Option('--backend <name>', 'runtime of the model')
        .choices(DetectorConfig.shape.backend.unwrap().options)
        .default('auto'),
    )
    .option('--model <dir>', 'folder of another model', shippedModelDir)
    .option('--threads <count>', 'threads of one inference', readThreads, 1)
    .action(async (paths: string[], options: ScoreOptions) => {
      const { backend, model: modelDir, threads } = options
      const opening = {
        ...{ backend, modelDir, threads },
        choiceFile: userChoiceFile(),
        log: pino({ level: 'silent' }),
      }
      const write = (line: ScoreLine) => console.log(options.json ? JSON.stringify(line) : describeLine(line))
      const progress = { done: 0, of: 0 }
      const pulse = setInterval(() => console.error(describeProgress(progress)), progressEveryMs)
      try {
        const { detector } = await openDetector(opening, new AbortController().signal)
        const areAllScored = await scoreFiles({ files: await expandPaths(paths), detector, write, progress })
        if (!areAllScored) process.exitCode = 1
        await detector.close()
      } finally {
        clearInterval(pulse)
      }
    })
}

interface Progress {
  done: number
  of: number
}

interface Scoring {
  files: string[]
  detector: Detector
  write: (line: ScoreLine) => void
  progress: Progress
}

/** Scores every file, whatever becomes of the others; false where one could not be scored. */
async function scoreFiles({ files, detector, write, progress }: Scoring): Promise<boolean> {
  let areAllScored = true
  progress.of = files.length
  for (const file of files) {
    const line = await scoreFile(file, detector)
    if ('error' in line) areAllScored = false
    write(line)
    progress.done++
  }
  return areAllScored
}

function describeProgress({ done, of }: Progress): string {
  return of === 0 ? 'opening the detector; the first time it tries every runtime' : `${done} of ${of} scored`
}

async function scoreFile(file: string, detector: Detector): Promise<ScoreLine> {
  try {
    const jpeg = await readFile(file)
    const { score, detections, figures } = await detector.judge(jpeg, AbortSignal.timeout(judgeTimeoutMs))
    return {
      file,
      score: round(score),
      detections: detections.map((one) => ({ ...one, score: round(one.score), box: roundBox(one.box) })),
      quality: nameQuality(figures),
    }
  } catch (error) {
    return { file, error: explain(error) }
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'EISDIR' ? 'a folder without JPEG files' : error.message
}

/** Folders become the JPEG files in and below them; what a person names stays, picture or not. */
async function expandPaths(paths: string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    )
    const found = isFolder ? await readdir(path, { recursive: true }).catch(() => []) : []
    const pictures = found
      .filter((name) => /\.jpe?g$/i.test(name))
      .sort()
      .map((name) => join(path, name))
    // A folder without pictures is judged as it is named: it is none.
    files.push(...(pictures.length > 0 ? pictures : [path]))
  }
  return files
}

/** Limits from pictures of prints that could just be judged, and of the same ones blurred. */
function nameQuality({ darkShare, brightShare, sharpness }: PictureFigures): Quality {
  if (darkShare > 0.95) return 'dark'
  if (brightShare > 0.95) return 'bright'
  return sharpness < 5 ? 'blurred' : 'ok'
}

function describeLine(line: ScoreLine): string {
  if ('error' in line) return `   –  ${line.file}: ${line.error}`
  const { file, score, detections, quality } = line
  const seen = detections.map((one) => `${one.label} ${one.score.toFixed(2)}`).join(', ')
  const notes = [quality === 'ok' ? '' : quality, seen].filter((note) => note !== '').join('; ')
  return `${score.toFixed(3).padStart(6)}  ${file}${notes === '' ? '' : `  (${notes})`}`
}

function readThreads(text: string): number {
  const parsed = DetectorConfig.shape.threads.safeParse(Number(text))
  if (!parsed.success) throw new InvalidArgumentError('a whole number from 1 to 16')
  return parsed.data
}

/** Four digits: more says nothing, less ties scores that differ. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

function roundBox([x, y, width, height]: Box): Box {
  return [round(x), round(y), round(width), round(height)]
}
