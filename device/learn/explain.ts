import { boundShift } from '@layerwatch/shared/tuning.ts'
import {
  goodPrintsToLower,
  growMask,
  type KnownPrint,
  type ProposalGrounds,
  replayHistory,
  replayPrint,
} from './propose.ts'
import { pausedAt } from './replay.ts'
import { type KeptMark, type MarkOutcome, noTuning } from './tuning.ts'

/*
 * What came of each mark: what it taught or, where it taught nothing, why not. It is found by judging that print
 * again with what is in force, and by trying what would have had to be learned.
 */

/**
 * What came of a printer's marks. `known` are the prints whose outcome is known, without those whose lesson its owner
 * took back; `kept` are all prints of this model and these cameras.
 */
export async function explainMarks(
  marks: readonly KeptMark[],
  { known, kept }: { known: readonly KnownPrint[]; kept: ReadonlySet<string> },
  grounds: ProposalGrounds,
): Promise<MarkOutcome[]> {
  const outcomes: MarkOutcome[] = []
  for (const { printId, revision, verdict } of marks) {
    if (verdict === 'none') continue
    const print = known.find((one) => one.printId === printId)
    const came = kept.has(printId) ? 'taken-back' : 'other-view'
    outcomes.push({ printId, revision, ...(print ? await explain(print, known, grounds) : { came }) })
  }
  return outcomes
}

type Found = Omit<MarkOutcome, 'printId' | 'revision'>

async function explain(
  print: KnownPrint,
  known: readonly KnownPrint[],
  grounds: ProposalGrounds,
): Promise<Found> {
  const { current, policy } = grounds
  const replay = await replayPrint(print, current, grounds)
  if (replay.layers.length === 0) return { came: 'not-kept' }
  const layer = pausedAt(replay, policy.sensitivity, current.shift)
  const isRight = (layer === undefined) === (print.verdict === 'fine')
  if (isRight) {
    const untaught = pausedAt(await replayPrint(print, noTuning, grounds), policy.sensitivity, 0)
    const came = (untaught === undefined) === (layer === undefined) ? 'right-before' : 'learned'
    return { came, ...(layer === undefined ? {} : { layer }) }
  }
  if (print.verdict === 'fine') return explainAlarm(print, known, grounds)
  const closest = boundShift(-Infinity, policy.sensitivity)
  if (pausedAt(replay, policy.sensitivity, closest) === undefined) return { came: 'unseen' }
  const good = known.filter(({ verdict }) => verdict === 'fine').length
  return { came: good < goodPrintsToLower ? 'few-good' : 'pauses-good' }
}

/** Why a false alarm would come again. */
async function explainAlarm(
  print: KnownPrint,
  known: readonly KnownPrint[],
  grounds: ProposalGrounds,
): Promise<Found> {
  const { current } = grounds
  const masks = await growMask(print, current.masks, grounds)
  if (!masks) return { came: 'too-large' }
  const [is, would] = [
    await replayHistory(known, current, grounds),
    await replayHistory(known, { ...current, masks }, grounds),
  ]
  return { came: would.missed > is.missed ? 'hides-failure' : 'nothing-helps' }
}
