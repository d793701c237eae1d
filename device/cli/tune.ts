import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Command } from 'commander'
import { z } from 'zod'
import { loadConfig, type WatchedPrinterConfig } from '../config.ts'
import { groundsOf, type Pupil, readLessons } from '../learn/learn.ts'
import { taughtCameras } from '../learn/open.ts'
import { replayPrint } from '../learn/propose.ts'
import { pausedAt } from '../learn/replay.ts'
import { LearnStore, type StoredPrint, type StoredTuning } from '../learn/store.ts'
import { learningFile } from '../learn/thread.ts'
import { type KeptMark, type MarkOutcome, noTuning, type Tuning } from '../learn/tuning.ts'
import { configuredMasks } from '../learn/tutor.ts'
import { describeGain, describeOutcome, describeTuning } from '../learn/words.ts'

interface TuneOptions {
  config: string
  printer?: string
  list?: true
  undo?: true
  json?: true
}

/** What is kept of a print, and where it would be paused without and with what is in force. */
interface ListedPrint {
  printId: string
  beganAt: string
  outcome: string
  saidByOwner: string | undefined
  alarmedAtLayer: number | undefined
  kilobytes: number
  pausedAtLayerWithout: number | undefined
  pausedAtLayerWith: number | undefined
}

/** `tune`: what each printer learned from its owner, from which marks, what that changes, and the way back. */
export function addTuneCommand(program: Command): void {
  program
    .command('tune')
    .description('show what the printers learned from their owner, and take it back')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--printer <name>', 'this printer alone')
    .option('--list', 'also list the kept prints, each judged again without and with what was learned')
    .option('--undo', 'take the newest lesson back; it holds from the next print on')
    .option('--json', 'as JSON')
    .action(async (options: TuneOptions) => {
      const config = loadConfig(options.config)
      const file = join(config.dataDir, learningFile)
      const printers = config.printers.filter(({ name }) => !options.printer || name === options.printer)
      if (printers.length === 0) {
        throw new ConfigError('no such printer', {
          problems: [`--printer: ${options.printer} is not configured`],
        })
      }
      if (options.undo && printers.length > 1) {
        throw new ConfigError('which printer?', { problems: ['--undo: name one of them with --printer'] })
      }
      const store = existsSync(file) ? LearnStore.open(file) : undefined
      try {
        const told = await Promise.all(printers.map((printer) => describePrinter(store, printer, options)))
        console.log(options.json ? JSON.stringify(told) : told.map(readable).join('\n\n'))
      } finally {
        store?.close()
      }
    })
}

interface Told {
  printer: string
  isUndone?: boolean
  modelSha256?: string
  inForce: string[]
  tuning: Tuning
  resting: number
  lessons: { learnedAt: string; words: string[]; gain: string; undoneBy?: string; marks: string[] }[]
  marks: { printId: string; verdict: string; came: string }[]
  prints?: ListedPrint[]
}

async function describePrinter(
  store: LearnStore | undefined,
  config: WatchedPrinterConfig,
  { list, undo }: TuneOptions,
): Promise<Told> {
  const { name } = config
  const pupil = store && findPupil(store, config)
  if (!store || !pupil) {
    return { printer: name, inForce: [], tuning: noTuning, resting: 0, lessons: [], marks: [] }
  }
  const undone = undo ? { isUndone: store.undo(pupil, 'owner') } : {}
  const { tuning, resting, outcomes } = readLessons(store, pupil)
  const marks = store.marks(pupil.printerId).map((mark) => describeMark(mark, outcomes))
  const prints = list ? { prints: await listPrints(store, pupil) } : {}
  const lessons = store.tunings(pupil).map(describeLesson)
  const { modelSha256 } = pupil
  return {
    printer: name,
    ...undone,
    modelSha256,
    inForce: describeTuning(tuning),
    tuning,
    resting,
    lessons,
    marks,
    ...prints,
  }
}

/** The printer as the agent last watched it; undefined before the agent did. */
function findPupil(store: LearnStore, config: WatchedPrinterConfig): Pupil | undefined {
  const known = z
    .object({ printerId: z.string(), basis: z.string() })
    .safeParse(JSON.parse(store.fact(`printer ${config.name}`) ?? 'null'))
  if (!known.success) return undefined
  const [modelSha256 = ''] = known.data.basis.split(':')
  return {
    ...known.data,
    modelSha256,
    policy: config.policy,
    configured: configuredMasks(taughtCameras(config)),
  }
}

function describeLesson(lesson: StoredTuning): Told['lessons'][number] {
  const { learnedAt, tuning, undoneBy, marks } = lesson
  return {
    learnedAt: new Date(learnedAt).toISOString(),
    words: describeTuning(tuning),
    gain: describeGain(lesson),
    ...(undoneBy ? { undoneBy } : {}),
    marks: marks.map(({ printId, verdict }) => `${printId} ${verdict}`),
  }
}

function describeMark(mark: KeptMark, outcomes: readonly MarkOutcome[]): Told['marks'][number] {
  const { printId, verdict, revision } = mark
  const outcome = outcomes.find((one) => one.printId === printId && one.revision === revision)
  return { printId, verdict, came: outcome ? describeOutcome(outcome) : 'Not learned from yet.' }
}

async function listPrints(store: LearnStore, pupil: Pupil): Promise<ListedPrint[]> {
  const listed: ListedPrint[] = []
  for (const print of store.prints(pupil)) {
    const { printId, beganAt, outcome = 'under way', mark, alarmedAtLayer, bytes } = print
    listed.push({
      printId,
      beganAt: new Date(beganAt).toISOString(),
      outcome,
      saidByOwner: mark?.verdict,
      alarmedAtLayer,
      kilobytes: Math.round(bytes / 1024),
      pausedAtLayerWithout: await judgeAgain(store, pupil, { print, tuning: noTuning }),
      pausedAtLayerWith: await judgeAgain(store, pupil, { print, tuning: readLessons(store, pupil).tuning }),
    })
  }
  return listed
}

async function judgeAgain(
  store: LearnStore,
  pupil: Pupil,
  { print, tuning }: { print: StoredPrint; tuning: Tuning },
): Promise<number | undefined> {
  const grounds = groundsOf(store, pupil, async () => {})
  const replayed = await replayPrint({ chunks: () => store.chunks(print.printId) }, tuning, grounds)
  return pausedAt(replayed, pupil.policy.sensitivity, tuning.shift)
}

function readable({ printer, isUndone, inForce, resting, lessons, marks, prints = [] }: Told): string {
  const undone = isUndone ? 'the newest lesson is taken back, from the next print on' : 'nothing to take back'
  return [
    `${printer}: ${inForce.length === 0 ? 'nothing learned is in force' : inForce.join(' ')}`,
    ...(isUndone === undefined ? [] : [`  ${undone}`]),
    ...(resting > 0 ? [`  ${resting} of another model or camera, kept and not used`] : []),
    ...lessons.map(({ learnedAt, words, gain, undoneBy }) => {
      const taken =
        undoneBy === undefined ? '' : ` (taken back by ${undoneBy === 'owner' ? 'you' : 'a changed mark'})`
      return `  ${learnedAt.slice(0, 16)}${taken}  ${words.join(' ') || 'Back to the beginning.'} ${gain}`
    }),
    ...marks
      .filter(({ verdict }) => verdict !== 'none')
      .map(({ printId, verdict, came }) => `  print ${printId}, you said ${verdict}: ${came}`),
    ...prints.map((print) => {
      const { beganAt, outcome, saidByOwner, kilobytes } = print
      const said = saidByOwner ? `, you said ${saidByOwner}` : ''
      const judged = `${layerText(print.pausedAtLayerWithout)} → ${layerText(print.pausedAtLayerWith)}`
      return `  ${beganAt.slice(0, 16)}  ${outcome}${said}; judged again: ${judged} (${kilobytes} kB)`
    }),
  ].join('\n')
}

function layerText(layer: number | undefined): string {
  return layer === undefined ? 'no pause' : `pause at layer ${layer}`
}
