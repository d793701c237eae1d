import type { Outcome, PlacedFrame } from '../assess/assess.ts'
import { type PrintTime, printSecondsAt } from '../assess/print-time.ts'
import { failureMap, type Sight, seeFrame, type View } from '../assess/report.ts'
import type { Picture } from './album.ts'
import type { Observation, Seen } from './watch.ts'

/*
 * A round of a printer's cameras, as its judgement and its album take it.
 */

/** One camera's picture with what it says. */
export interface PlacedSight {
  readonly seen: Seen
  readonly sight: Sight
}

/**
 * All that was seen of a print in a round, each camera under its mask, the leading one first; nothing where none saw.
 * A picture may have been taken before the print began, and be judged after: it shows what lay on the bed then.
 */
export function placeSights(
  seen: Observation,
  time: PrintTime,
  viewOf: (camera: string | undefined) => View | undefined = () => undefined,
): readonly PlacedSight[] {
  if (seen.kind !== 'seen') return []
  return [seen, ...(seen.others ?? [])]
    .filter(({ frame }) => frame.capturedAtMs >= time.beganMs)
    .map((one) => ({
      seen: one,
      sight: seeFrame(one.judgement, printSecondsAt(time, one.frame.capturedAtMs), viewOf(one.camera)),
    }))
}

/** The round as it is assessed; `undefined` where no camera saw. */
export function joinRound([lead, ...others]: readonly PlacedSight[]) {
  if (!lead) return undefined
  const further = others.flatMap(({ seen: { camera }, sight }) => (camera ? [{ camera, sight }] : []))
  return {
    sight: lead.sight,
    ...(lead.seen.camera === undefined ? {} : { camera: lead.seen.camera }),
    ...(further.length > 0 ? { others: further } : {}),
  } satisfies Partial<PlacedFrame>
}

/**
 * The round's pictures for the album, the one to show last: the leading camera's, or the one that shows what is
 * suspected.
 */
export function picturesOf(
  round: readonly PlacedSight[],
  layer: number,
  { decision, camera }: Outcome,
): Picture[] {
  const pictures = round.map(
    ({ seen, sight }): Picture => ({
      ...seen.frame,
      layer,
      sight,
      failure: failureMap(seen.judgement),
      ...(seen.camera === undefined ? {} : { camera: seen.camera }),
    }),
  )
  const isSuspected = decision !== undefined && decision.verdict !== 'ok'
  const suspect = isSuspected ? pictures.find((one) => one.camera === camera) : undefined
  const shown = suspect ?? pictures[0]
  return shown ? [...pictures.filter((one) => one !== shown), shown] : []
}
