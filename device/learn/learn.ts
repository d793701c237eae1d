import { isDeepStrictEqual } from 'node:util'
import type { Mask } from '@layerwatch/shared/mask.ts'
import type { Grounds } from '../assess/assess.ts'
import { type Baseline, baselineCells, learnBaseline } from '../assess/baseline.ts'
import type { Policy } from '../assess/policy.ts'
import { explainMarks } from './explain.ts'
import {
  boundTuning,
  type KnownPrint,
  type ProposalGrounds,
  proposeTuning,
  replayHistory,
  replayPrint,
} from './propose.ts'
import type { LearnStore, StoredPrint, StoredTuning, Subject } from './store.ts'
import { type KeptMark, type MarkOutcome, noTuning, type Tuning } from './tuning.ts'

/*
 * Learning between prints: what no longer stands is taken back, good prints teach what the cameras usually show,
 * and new marks may change mask, baseline or threshold, each kept only where this printer's history goes better.
 */

/** What is learned for, and with. */
export interface Pupil extends Subject {
  readonly modelSha256: string
  readonly policy: Policy
  /** What the configuration file says to ignore, by camera. */
  readonly configured: Readonly<Record<string, Mask>>
}

/** What is in force for a printer. */
export interface Lessons {
  readonly tuning: Tuning
  readonly baselines: Grounds['baselines']
  /** The newest lesson in force, with why. */
  readonly newest: StoredTuning | undefined
  /** Lessons of another model or camera, which rest. */
  readonly resting: number
  /** What came of each mark, as last found. */
  readonly outcomes: readonly MarkOutcome[]
}

/** Prints a baseline must have been learned from before anything is held against it. */
const minBaselinePrints = 2

/** What a store holds for a printer. */
export function readLessons(store: LearnStore, pupil: Pupil): Lessons {
  const [newest] = store.inForce(pupil)
  const tuning = boundTuning(newest?.tuning ?? noTuning, pupil.policy)
  const baselines = tuning.usesBaseline ? usableBaselines(store.baselines(pupil)) : {}
  return { tuning, baselines, newest, resting: store.countResting(pupil), outcomes: store.outcomes(pupil) }
}

/** Learns from all that is new. `breathe` is called often, and throws to end the work; what was kept by then stays. */
export async function learn(
  store: LearnStore,
  pupil: Pupil,
  { breathe, nowMs }: { breathe: () => Promise<void>; nowMs: number },
): Promise<Lessons> {
  withdrawFallen(store, pupil)
  await teachBaseline(store, pupil, breathe)
  const fresh = freshMarks(store, pupil)
  if (fresh.length > 0) {
    const [newest] = store.inForce(pupil)
    const grounds = groundsOf(store, pupil, breathe)
    const prints = knownPrints(store, pupil)
    const proposal = await proposeTuning(prints, grounds)
    const version = proposal && { ...proposal, prints: prints.length, marks: fresh }
    if (version) store.addTuning(pupil, version, { nowMs, after: newest?.number })
  }
  const kept = new Set(store.prints(pupil).map(({ printId }) => printId))
  const prints = { known: knownPrints(store, pupil), kept }
  const marks = store.marks(pupil.printerId)
  store.keepOutcomes(pupil, await explainMarks(marks, prints, groundsOf(store, pupil, breathe)))
  return readLessons(store, pupil)
}

/** A lesson falls when a mark it stands on was changed or taken back, and with it what was built on it. */
function withdrawFallen(store: LearnStore, pupil: Pupil): void {
  const said = new Map(store.prints(pupil).flatMap(({ printId, mark }) => (mark ? [[printId, mark]] : [])))
  const fallen = store.inForce(pupil).findLastIndex(({ marks }) =>
    marks.some((mark) => {
      const now = said.get(mark.printId)
      return (
        now !== undefined && (now.verdict !== mark.verdict || !isDeepStrictEqual(now.ignore, mark.ignore))
      )
    }),
  )
  for (let i = 0; i <= fallen; i++) store.undo(pupil, 'marks')
}

/** Marks that no lesson stands on and none stood on that its owner took back. */
function freshMarks(store: LearnStore, pupil: Pupil): KeptMark[] {
  const lessons = store.tunings(pupil).filter(({ undoneBy }) => undoneBy !== 'marks')
  const used = new Set(lessons.flatMap(({ marks }) => marks.map(nameMark)))
  return store
    .prints(pupil)
    .flatMap(({ mark }) => (mark && mark.verdict !== 'none' && !used.has(nameMark(mark)) ? [mark] : []))
}

function nameMark({ printId, revision }: KeptMark): string {
  return `${printId} ${revision}`
}

/**
 * The prints whose outcome is known. A false alarm whose lesson its owner took back asks for nothing any more; a
 * print that alarmed or was stopped, and of which nobody said anything, says nothing.
 */
export function knownPrints(store: LearnStore, pupil: Pupil): KnownPrint[] {
  const undone = store.tunings(pupil).filter(({ undoneBy }) => undoneBy === 'owner')
  const takenBack = new Set(undone.flatMap(({ marks }) => marks.map(nameMark)))
  return store.prints(pupil).flatMap((print) => {
    const { printId, mark } = print
    const verdict = verdictOf(print)
    if (!verdict || (verdict === 'fine' && mark && takenBack.has(nameMark(mark)))) return []
    const { failedAtLayer, ignore = [] } = mark ?? {}
    const chunks = () => store.chunks(printId)
    const isCutOff = verdict === 'fine' && print.alarmedAtLayer !== undefined
    return [{ printId, verdict, failedAtLayer, isMarked: mark !== undefined, isCutOff, ignore, chunks }]
  })
}

function verdictOf({ mark, outcome, alarmedAtLayer }: StoredPrint): 'fine' | 'failed' | undefined {
  if (mark && mark.verdict !== 'none') return mark.verdict
  return outcome === 'finished' && alarmedAtLayer === undefined ? 'fine' : undefined
}

/** What a history is replayed with. */
export function groundsOf(store: LearnStore, pupil: Pupil, breathe: () => Promise<void>): ProposalGrounds {
  const { modelSha256, policy, configured } = pupil
  const current = boundTuning(store.current(pupil), policy)
  const baselines = usableBaselines(store.baselines(pupil))
  return { current, modelSha256, policy, baselines, configured, breathe }
}

function usableBaselines(baselines: Readonly<Record<string, Baseline>>): Grounds['baselines'] {
  return Object.fromEntries(
    Object.entries(baselines)
      .filter(([, { prints }]) => prints >= minBaselinePrints)
      .map(([camera, baseline]) => [camera, { grid: baseline, cells: baselineCells(baseline) }]),
  )
}

/**
 * Good prints teach it once each. To forget one, such as one that its owner marked as failed later, it is learned
 * anew from the others.
 */
async function teachBaseline(store: LearnStore, pupil: Pupil, breathe: () => Promise<void>): Promise<void> {
  const prints = store.prints(pupil)
  const good = prints.filter((print) => verdictOf(print) === 'fine')
  const mustForget = prints.some((print) => print.hasTaught && !good.includes(print))
  const fresh = good.filter(({ hasTaught }) => mustForget || !hasTaught)
  if (fresh.length === 0 && !mustForget) return
  const before = store.baselines(pupil)
  let after = mustForget ? {} : before
  for (const print of fresh) after = await teach(after, { store, pupil, print, breathe })
  const isKept = mustForget || (await isNoWorse(before, after, { store, pupil, breathe }))
  const taughtBy = good.map(({ printId }) => printId)
  store.keepBaselines(pupil, isKept ? after : before, taughtBy)
}

/** A print's usual maps are those of its replay without any mask: what is masked today may not be tomorrow. */
async function teach(
  before: Readonly<Record<string, Baseline>>,
  about: { store: LearnStore; pupil: Pupil; print: StoredPrint; breathe: () => Promise<void> },
): Promise<Record<string, Baseline>> {
  const { store, pupil, print, breathe } = about
  const { modelSha256, policy } = pupil
  const grounds = { current: noTuning, modelSha256, policy, baselines: {}, configured: {}, breathe }
  const { end } = await replayPrint({ chunks: () => store.chunks(print.printId) }, noTuning, grounds)
  const ended = {
    outcome: print.outcome ?? ('cancelled' as const),
    hadFailure: print.alarmedAtLayer !== undefined,
    isFineByOwner: print.mark?.verdict === 'fine',
  }
  const after = { ...before }
  for (const [camera, { scene }] of Object.entries(end.views)) {
    const learned = learnBaseline(before[camera], ended, { scene, modelSha256 })
    if (learned) after[camera] = learned
  }
  return after
}

/** A baseline that is in force changes only where the history goes no worse with the change. */
async function isNoWorse(
  before: Readonly<Record<string, Baseline>>,
  after: Readonly<Record<string, Baseline>>,
  about: { store: LearnStore; pupil: Pupil; breathe: () => Promise<void> },
): Promise<boolean> {
  const { store, pupil, breathe } = about
  const grounds = groundsOf(store, pupil, breathe)
  if (!grounds.current.usesBaseline) return true
  const prints = knownPrints(store, pupil)
  const go = (baselines: Readonly<Record<string, Baseline>>) =>
    replayHistory(prints, grounds.current, { ...grounds, baselines: usableBaselines(baselines) })
  const [was, is] = [await go(before), await go(after)]
  return is.falsePauses <= was.falsePauses && is.missed <= was.missed
}
