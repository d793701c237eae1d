import type { Picture } from './album.ts'
import type { Outcome, PlacedFrame } from './assess/assess.ts'
import { failureMap, type Sight, seeFrame } from './assess/report.ts'
import type { Observation, Seen } from './watch.ts'

/*
 * A round of a printer's cameras, as its judgement and its album take it.
 */

/** One camera's picture with what it says. */
interface PlacedSight {
  readonly seen: Seen
  readonly sight: Sight
}

/** All that was seen in a round, the leading camera first; nothing where none saw. */
export function placeSights(
  seen: Observation,
  secondsAt: (capturedAtMs: number) => number,
): readonly PlacedSight[] {
  if (seen.kind !== 'seen') return []
  return [seen, ...(seen.others ?? [])].map((one) => ({
    seen: one,
    sight: seeFrame(one.judgement, secondsAt(one.frame.capturedAtMs)),
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
