import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { Sensitivity } from '@layerwatch/shared/sensitivity.ts'
import { type Command, Option } from 'commander'
import pino from 'pino'
import { z } from 'zod'
import type { Assessment, ClosedLayer, Outcome } from '../assess/assess.ts'
import { assess, closeLayer, startAssessment } from '../assess/assess.ts'
import { layerWindowSeconds } from '../assess/layers.ts'
import { seeFrame } from '../assess/report.ts'
import { describeLayer } from '../assess/strip.ts'
import { judgeQuality, unknownQuality } from '../camera/quality.ts'
import { DetectorConfig, PolicyConfig } from '../config.ts'
import { userChoiceFile } from '../detector/choice-file.ts'
import type { Detector } from '../detector/detector.ts'
import { openDetector, shippedModelDir } from '../detector/open.ts'
import { LayerSense } from '../watch/layer-change.ts'

/** A line of `frames.jsonl`. */
const FrameLine = z.object({
  file: z.string().min(1),
  /** Seconds of printing when it was taken. */
  at: z.number().min(0),
  layer: z.number().int().min(0).optional(),
})
type FrameLine = z.infer<typeof FrameLine>

interface ReplayOptions {
  json?: true
  backend: DetectorConfig['backend']
  model?: string
  sensitivity: Sensitivity
}

/** What is printed, one JSON line each. */
type ReplayLine = { type: 'layer' | 'decision' | 'unseen' | 'problem'; at?: number } & Record<string, unknown>

/** `replay DIR`: the real detector and the real decision on a person's own pictures. */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('judge a folder of pictures as if they came from a print: frames.jsonl names them')
    .argument('<dir>', 'folder with frames.jsonl, lines of {"file", "at" (seconds of printing), "layer"?}')
    .option('--json', 'one JSON line for each layer and each decision, picture not judged, and problem')
    .addOption(
      new Option('--backend <name>', 'runtime of the model')
        .choices(DetectorConfig.shape.backend.unwrap().options)
        .default('auto'),
    )
    .option('--model <dir>', 'folder of another model')
    .addOption(
      new Option('--sensitivity <step>', 'false pauses in 100 good hours: low 0.03, normal 0.1, high 0.5')
        .choices(Sensitivity.options)
        .default('normal'),
    )
    .addHelpText(
      'after',
      `
As on a camera, pictures are not judged while they are dark, blurred, blocked or the same over and over, or
while the camera seems to have been moved: each such picture is named as unseen, with the reason.`,
    )
    .action(async (dir: string, options: ReplayOptions) => {
      const policy = PolicyConfig.parse({ sensitivity: options.sensitivity })
      const { detector } = await openDetector(
        {
          backend: options.backend,
          modelDir: options.model ?? shippedModelDir,
          threads: 1,
          choiceFile: userChoiceFile(),
          log: pino({ level: 'silent' }),
        },
        new AbortController().signal,
      )
      const write = (line: ReplayLine) => console.log(options.json ? JSON.stringify(line) : readable(line))
      try {
        const hasProblems = await replay({ dir, detector, policy, write })
        if (hasProblems) process.exitCode = 1
      } finally {
        await detector.close()
      }
    })
}

interface Replay {
  dir: string
  detector: Detector
  policy: PolicyConfig
  write: (line: ReplayLine) => void
}

/** Replays a folder; true where lines or pictures could not be used, each of which is named. */
async function replay({ dir, detector, policy, write }: Replay): Promise<boolean> {
  let hasProblems = false
  const complain = (problem: string) => {
    hasProblems = true
    write({ type: 'problem', problem })
  }
  const frames = readLines(await readFrames(dir), complain)
  if (frames.length === 0) complain('frames.jsonl names no picture')
  const see = openSight(detector)
  const layers = placeFrames(frames)
  const sense = new LayerSense()
  let state: Assessment = startAssessment(detector)
  let verdict = 'ok'
  for (const [index, frame] of frames.entries()) {
    const layer = layers[index] ?? 0
    const seen = await see(resolve(dir, frame.file), frame.at).catch((error: unknown) => {
      complain(`${frame.file}: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    })
    const sight = seen?.sight
    if (seen?.unseen) write({ type: 'unseen', at: frame.at, file: frame.file, layer, ...seen.unseen })
    const at = { layer, atSeconds: frame.at }
    const evidence = seen?.grey ? sense.see({ ...at, picture: seen.grey }) : []
    const [next, outcome] = assess(state, { ...at, evidence, ...(sight ? { sight } : {}) }, policy)
    state = next
    writeLayer(outcome.closed, detector, write)
    verdict = writeDecision(outcome, { frame, layer, verdict, write, score: sight?.score })
  }
  const end = frames.at(-1)
  writeLayer(end && closeLayer(state, end.at), detector, write)
  return hasProblems
}

function writeLayer(closed: ClosedLayer | undefined, detector: Detector, write: Replay['write']): void {
  if (!closed) return
  const { report, gravest, endedSeconds, printHealth } = closed
  const about = { modelSha256: detector.modelSha256, endedSeconds, printHealth }
  write({ type: 'layer', at: report.beganSeconds, ...describeLayer(report, gravest, about) })
}

/** Writes each decision down; the verdict it leaves. */
function writeDecision(
  { decision, turn }: Outcome,
  about: {
    frame: FrameLine
    layer: number
    verdict: string
    score: number | undefined
    write: Replay['write']
  },
): string {
  if (!decision) return about.verdict
  const { frame, layer, score } = about
  about.write({
    type: 'decision',
    at: frame.at,
    file: frame.file,
    layer,
    score,
    ...decision,
    ...(turn ? { turn } : {}),
  })
  return decision.verdict
}

/** Makes the function that judges a picture, and the camera by all of them so far, as the monitor does. */
function openSight(detector: Detector) {
  let quality = unknownQuality
  return async (file: string, atSeconds: number) => {
    const judgement = await detector.judge(await readFile(file), AbortSignal.timeout(30_000))
    const [next, verdict] = judgeQuality(quality, judgement.figures, atSeconds * 1000)
    quality = next
    if (verdict.isUsable) return { sight: seeFrame(judgement, atSeconds), grey: judgement.figures.grey }
    return { unseen: { reason: verdict.reason, detail: verdict.detail } }
  }
}

/** The layer of each frame, which only rises. Where no line names one, a window of time counts as a layer. */
function placeFrames(frames: readonly FrameLine[]): number[] {
  const isTold = frames.some(({ layer }) => layer !== undefined)
  let last = 0
  return frames.map(({ at, layer }) => {
    last = Math.max(last, layer ?? (isTold ? last : Math.floor(at / layerWindowSeconds) + 1))
    return last
  })
}

async function readFrames(dir: string): Promise<string> {
  const file = join(dir, 'frames.jsonl')
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${dir} can't be replayed`, { cause, problems: [`${file}: can't be read`] })
  }
}

function readLines(text: string, complain: (problem: string) => void): FrameLine[] {
  const frames: FrameLine[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = FrameLine.safeParse(parseJson(line))
    if (parsed.success) frames.push(parsed.data)
    else {
      const issue = parsed.error.issues[0]
      complain(`frames.jsonl line ${index + 1}: ${issue?.path.join('.') || 'line'}: ${issue?.message}`)
    }
  }
  return frames.sort((a, b) => a.at - b.at)
}

function readable(line: ReplayLine): string {
  const at = `${String(line.at ?? '').padStart(7)} s`
  if (line.type === 'problem') return `problem: ${line.problem}`
  if (line.type === 'layer') {
    const pictures = line.frames === 1 ? '1 picture' : `${line.frames} pictures`
    return `${at}  layer ${line.layer}: ${line.health}, ${pictures}, health ${line.healthScore ?? '-'}`
  }
  if (line.type === 'unseen') return `${at}    ${line.file}: not judged, ${line.detail ?? line.reason}`
  const turn = line.turn ? `  ${String(line.turn).toUpperCase()} ${line.defect}` : ''
  return `${at}    ${line.file}: score ${Number(line.score).toFixed(3)}, evidence ${line.evidence}, ${line.verdict}${turn}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
