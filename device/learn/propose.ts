import { joinMasks, type Mask, maskedShare, surroundBoxes } from '@layerwatch/shared/mask.ts'
import { thresholdsOf } from '@layerwatch/shared/sensitivity.ts'
import {
  boundShift,
  type Replay as History,
  isBetter,
  maxBoxShare,
  maxLearnedShare,
  tally,
  triedShifts,
} from '@layerwatch/shared/tuning.ts'
import type { Box } from '@layerwatch/shared/vocabulary.ts'
import type { Grounds } from '../assess/assess.ts'
import type { Policy } from '../assess/policy.ts'
import { goOn } from './go-on.ts'
import { pausedAt, Replay, type ReplayedPrint } from './replay.ts'
import type { Step } from './steps.ts'
import { noTuning, type Tuning } from './tuning.ts'

/*
 * What a printer's history and its owner's marks ask for: a mask over what gave false alarms in one place, holding
 * frames against what its cameras usually show, or a threshold a little higher or lower. Whatever it is, the whole
 * history is judged again with it, and it is kept only where that goes better.
 */

/** A print of the history whose outcome is known. */
export interface KnownPrint {
  readonly printId: string
  /** `fine`: its owner said so, or it ended well and nothing was seen. */
  readonly verdict: 'fine' | 'failed'
  readonly failedAtLayer?: number | undefined
  /** Its owner said so. */
  readonly isMarked: boolean
  /** What its owner said to ignore. */
  readonly ignore: readonly Box[]
  /** All that was kept of it, chunk by chunk. */
  readonly chunks: () => Iterable<readonly Step[]>
  /** It was stopped by a false alarm: had it gone on, what stood there would have stayed. */
  readonly isCutOff?: boolean
}

export interface ProposalGrounds {
  readonly current: Tuning
  readonly modelSha256: string
  readonly policy: Policy
  /** What the cameras usually show, by name; empty where too little is known. */
  readonly baselines: Grounds['baselines']
  /** What the configuration file says to ignore, by camera. */
  readonly configured: Readonly<Record<string, Mask>>
  /** Called between two chunks; throws to end the work. */
  readonly breathe: () => Promise<void>
}

export interface Proposal {
  readonly tuning: Tuning
  /** How the history went, and how it goes with what is proposed. */
  readonly before: History
  readonly after: History
}

/** The next run of a print is no exact copy: what is proposed must be quiet by this much, ln. */
const margin = 0.3
/** Places are masked that stand out to within this of a pause, ln. */
const loudMargin = Math.log(5)
/** Rounds in which a box grows over what stands out beside it. */
const maxRounds = 12
/** A threshold is lowered only where this many good prints show that it stays quiet. */
export const goodPrintsToLower = 3
/** Layers that a failure may be found later for the sake of fewer false pauses, each. */
const maxLater = 2
const maxBoxes = 8

/** Replays a history as it stands. */
export async function replayHistory(
  prints: readonly KnownPrint[],
  tuning: Tuning,
  grounds: ProposalGrounds,
): Promise<History> {
  const replays = await replayAll(prints, tuning, grounds)
  return outcomeOf(prints, replays, { grounds, shift: tuning.shift, slack: 0 })
}

/** The smallest change that makes the history go better; undefined where none does. */
export async function proposeTuning(
  prints: readonly KnownPrint[],
  grounds: ProposalGrounds,
): Promise<Proposal | undefined> {
  const { current, policy } = grounds
  const replays = await replayAll(prints, current, grounds)
  const before = outcomeOf(prints, replays, { grounds, shift: current.shift, slack: 0 })
  if (before.falsePauses === 0 && before.missed === 0) return undefined
  const grown = before.falsePauses > 0 ? await growMasks(prints, grounds) : undefined
  const looks = [current.masks, ...(grown ? [grown] : [])].flatMap((masks) =>
    baselineChoices(grounds).map((usesBaseline) => ({ masks, usesBaseline })),
  )
  const candidates: { proposal: Proposal; cost: number }[] = []
  for (const look of looks) {
    const isCurrent = look.masks === current.masks && look.usesBaseline === current.usesBaseline
    const seen = isCurrent ? replays : await replayAll(prints, { ...look, shift: 0 }, grounds)
    for (const step of triedShifts) {
      const shift = boundShift(current.shift + step, policy.sensitivity)
      const after = outcomeOf(prints, seen, { grounds, shift, slack: margin })
      const tuning = { ...look, shift }
      candidates.push({ proposal: { tuning, before, after }, cost: costOf(tuning, current) })
    }
  }
  return chooseBest(candidates, { prints, current })
}

function baselineChoices({ current, baselines }: ProposalGrounds): boolean[] {
  const canUse = Object.keys(baselines).length > 0
  return canUse && !current.usesBaseline ? [false, true] : [current.usesBaseline]
}

function chooseBest(
  candidates: readonly { proposal: Proposal; cost: number }[],
  { prints, current }: { prints: readonly KnownPrint[]; current: Tuning },
): Proposal | undefined {
  const failures = prints.filter(({ verdict }) => verdict === 'failed').length
  const goodPrints = prints.length - failures
  let best: Proposal | undefined
  for (const { proposal } of candidates.toSorted((a, b) => a.cost - b.cost)) {
    const { tuning, before, after } = proposal
    const isLower = tuning.shift < current.shift
    const findsMore = after.missed < before.missed
    if (isLower && (goodPrints < goodPrintsToLower || !findsMore)) continue
    if (!findsMore && after.lateLayers > before.lateLayers + maxLater * failures) continue
    if (isBetter(after, best?.after ?? before)) best = proposal
  }
  return best
}

/** How much a change takes from the watching: a mask blinds a place, a baseline only raises what it is held against. */
function costOf({ masks, shift, usesBaseline }: Tuning, current: Tuning): number {
  const isMasked = masks !== current.masks
  const share = Math.max(0, ...Object.values(masks).map((boxes) => maskedShare({ boxes: [...boxes] })))
  const isHeld = usesBaseline !== current.usesBaseline
  return Math.abs(shift - current.shift) + (isMasked ? 0.6 + 3 * share : 0) + (isHeld ? 0.4 : 0)
}

async function replayAll(
  prints: readonly KnownPrint[],
  tuning: Tuning,
  grounds: ProposalGrounds,
): Promise<ReplayedPrint[]> {
  const replays: ReplayedPrint[] = []
  for (const print of prints) replays.push(await replayPrint(print, tuning, grounds))
  return replays
}

/** Judges one kept print again. */
export async function replayPrint(
  print: Pick<KnownPrint, 'chunks' | 'isCutOff'>,
  tuning: Tuning,
  grounds: ProposalGrounds,
): Promise<ReplayedPrint> {
  const { modelSha256, policy, configured, breathe } = grounds
  const replay = new Replay({
    modelSha256,
    policy,
    baselines: tuning.usesBaseline ? grounds.baselines : {},
    masks: masksOf(tuning, configured),
    loudFrom: thresholdsOf(policy.sensitivity).pause - loudMargin,
  })
  let last: readonly Step[] = []
  for (const steps of print.chunks()) {
    replay.add(steps)
    last = steps
    await breathe()
  }
  if (print.isCutOff) replay.add(goOn(last))
  return replay.result
}

/** What is ignored before each camera: by the configuration, and as learned. */
export function masksOf({ masks }: Tuning, configured: ProposalGrounds['configured']): Record<string, Mask> {
  const cameras = new Set([...Object.keys(masks), ...Object.keys(configured)])
  return Object.fromEntries(
    [...cameras].map((camera) => [
      camera,
      joinMasks(configured[camera] ?? { boxes: [] }, { boxes: [...(masks[camera] ?? [])] }),
    ]),
  )
}

function outcomeOf(
  prints: readonly KnownPrint[],
  replays: readonly ReplayedPrint[],
  { grounds, shift, slack }: { grounds: ProposalGrounds; shift: number; slack: number },
): History {
  const { sensitivity } = grounds.policy
  return tally(
    prints.map(({ verdict, failedAtLayer }, i) => ({
      verdict,
      failedAtLayer,
      pausedAt: pausedAt(replays[i] ?? { layers: [] }, sensitivity, shift - (verdict === 'fine' ? slack : 0)),
    })),
  )
}

/** Boxes over what gave false alarms; undefined where none is small enough. */
async function growMasks(
  prints: readonly KnownPrint[],
  grounds: ProposalGrounds,
): Promise<Tuning['masks'] | undefined> {
  let masks = grounds.current.masks
  for (const print of prints) {
    if (print.verdict !== 'fine' || !print.isMarked) continue
    masks = (await growMask(print, masks, grounds)) ?? masks
  }
  return masks === grounds.current.masks ? undefined : masks
}

/** The masks with boxes more, grown until a print is quiet; undefined where those would cover too much. */
export async function growMask(
  print: Pick<KnownPrint, 'chunks' | 'isCutOff' | 'ignore'>,
  masks: Tuning['masks'],
  grounds: ProposalGrounds,
): Promise<Tuning['masks'] | undefined> {
  const { current } = grounds
  let base = masks
  const own: Record<string, Box> = {}
  for (let round = 0; round < maxRounds; round++) {
    const next = addBoxes(base, own)
    if (!next) return undefined
    const { loud } = await replayPrint(print, { ...current, masks: next }, grounds)
    const cameras = Object.groupBy(loud, ({ camera }) => camera)
    if (loud.length === 0) return next === masks ? undefined : next
    if (round === 0 && print.ignore.length > 0) {
      // Its owner showed the place: what still stands out beside it is added to that.
      base = addPlaces(masks, Object.keys(cameras), print.ignore) ?? masks
      continue
    }
    for (const [camera, found = []] of Object.entries(cameras)) {
      const boxes = found.map(({ box }) => box)
      const before = own[camera]
      own[camera] = before ? widen(surroundBoxes([before, ...boxes])) : surroundBoxes(boxes)
    }
  }
  return undefined
}

/** The masks with places more for each of these cameras; undefined where those would cover too much. */
function addPlaces(
  masks: Tuning['masks'],
  cameras: readonly string[],
  places: readonly Box[],
): Tuning['masks'] | undefined {
  let next: Tuning['masks'] | undefined = masks
  for (const box of places) {
    next = next && addBoxes(next, Object.fromEntries(cameras.map((camera) => [camera, box])))
  }
  return next
}

/** Half a cell of the shipped model's maps, of the picture: what goes on beside a box is soon under it. */
const widening = 1 / 40

function widen([left, top, width, height]: Box): Box {
  const [x, y] = [Math.max(0, left - widening), Math.max(0, top - widening)]
  return [x, y, Math.min(1, left + width + widening) - x, Math.min(1, top + height + widening) - y]
}

/** The masks with one box more for each camera; undefined where that would cover too much. */
function addBoxes(masks: Tuning['masks'], added: Readonly<Record<string, Box>>): Tuning['masks'] | undefined {
  if (Object.keys(added).length === 0) return masks
  const next: Tuning['masks'] = { ...masks }
  for (const [camera, box] of Object.entries(added)) {
    const boxes = [...(masks[camera] ?? []), box]
    const isTooLarge = box[2] * box[3] > maxBoxShare || maskedShare({ boxes }) > maxLearnedShare
    if (isTooLarge || boxes.length > maxBoxes) return undefined
    next[camera] = boxes
  }
  return next
}

/** What is in force of a tuning at a sensitivity that may have changed since: never beyond its bounds. */
export function boundTuning(tuning: Tuning, { sensitivity }: Policy): Tuning {
  const masks = Object.fromEntries(
    Object.entries(tuning.masks).filter(([, boxes]) => maskedShare({ boxes }) <= maxLearnedShare),
  )
  return { ...noTuning, ...tuning, masks, shift: boundShift(tuning.shift, sensitivity) }
}
