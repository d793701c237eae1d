import type { ClosedLayer, Outcome } from '../assess/assess.ts'
import { describeLayer, describeUnseen } from '../assess/strip.ts'
import type { Album, Picture } from './album.ts'
import { pictureBefore } from './album.ts'
import type { Entry } from './journal.ts'

/** A closed layer and those that passed unseen after it, as events. */
export function describeLayers(
  closed: ClosedLayer | undefined,
  about: { modelSha256: string; layers?: number | undefined },
): Entry[] {
  if (!closed) return []
  const { report, gravest, skipped, endedSeconds, printHealth } = closed
  return [
    { type: 'layer.judged', data: describeLayer(report, gravest, { ...about, endedSeconds, printHealth }) },
    ...skipped.map(
      (layer): Entry => ({ type: 'layer.judged', data: describeUnseen(layer, about.modelSha256) }),
    ),
  ]
}

interface Scene {
  album: Album
  layer: number
  newId: () => string
  /** The episode already has its picture from before. */
  hasBefore: boolean
}

/** How the verdict turned, as events: the defect first, then its pictures. */
export function describeTurn({ turn, decision }: Outcome, scene: Scene): Entry[] {
  if (!turn || !decision) return []
  const { album, layer, newId, hasBefore } = scene
  if (turn === 'cleared') return [{ type: 'defect.cleared', data: { layer, defect: decision.defect } }]
  const now = album.newest && { id: newId(), picture: album.newest, purpose: turn }
  const good = hasBefore ? undefined : pictureBefore(album, decision.beganAtLayer)
  const before = good && { id: newId(), picture: good, purpose: 'before' as const }
  const data = {
    layer,
    beganAtLayer: decision.beganAtLayer,
    defect: decision.defect,
    evidence: decision.evidence,
    failureProbability: decision.failureProbability,
    ...(now ? { snapshotId: now.id } : {}),
    ...(before ? { beforeSnapshotId: before.id } : {}),
    detections: [...(album.newest?.sight?.detections ?? [])],
    reasons: decision.reasons,
  }
  const pictures = [now, before].filter((one) => one !== undefined)
  return [{ type: `defect.${turn}`, data }, ...pictures.map(describeSnapshot)]
}

/** A picture on its way to the cloud. */
export function describeSnapshot(snapshot: {
  id: string
  picture: Picture
  purpose: 'suspected' | 'confirmed' | 'before' | 'asked'
}): Entry {
  const { id, picture, purpose } = snapshot
  const detections = [...(picture.sight?.detections ?? [])]
  return {
    type: 'snapshot.taken',
    data: { snapshotId: id, purpose, layer: picture.layer, detections },
    jpeg: picture.jpeg,
  }
}
