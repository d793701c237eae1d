import type { EventInput } from '@layerwatch/shared/events.ts'
import type { LayerHealth } from '@layerwatch/shared/vocabulary.ts'
import type { Decision } from './decide.ts'
import type { LayerReport } from './report.ts'

/** The gravest decision taken while a layer was printed: what the layer is remembered by. */
export function graver(before: Decision | undefined, now: Decision): Decision {
  if (!before) return now
  const rank = { ok: 0, warn: 1, fail: 2 }
  const difference = rank[now.verdict] - rank[before.verdict]
  if (difference !== 0) return difference > 0 ? now : before
  return now.evidence > before.evidence ? now : before
}

/** Health of a layer as the strip draws it; a layer without a usable frame was not watched. */
export function healthOf(report: LayerReport, gravest: Decision | undefined): LayerHealth {
  if (report.frames === 0 || !gravest) return 'unwatched'
  if (gravest.verdict === 'fail') return 'failed'
  return gravest.verdict === 'warn' ? 'suspected' : 'fine'
}

/** A layer's line of the strip. */
export function describeLayer(
  report: LayerReport,
  gravest: Decision | undefined,
  about: { modelSha256: string; layers?: number | undefined; endedSeconds: number; printHealth: number },
): EventInput<'layer.judged'> {
  const { worst } = report
  return {
    layer: report.layer,
    ...(about.layers === undefined ? {} : { layers: about.layers }),
    health: healthOf(report, gravest),
    verdict: gravest?.verdict ?? 'ok',
    ...(gravest && report.frames > 0 ? scoresOf(gravest) : {}),
    printHealth: about.printHealth,
    defects: report.defects,
    frames: report.frames,
    ...(worst ? { worstScore: worst.score, detections: [...worst.detections] } : {}),
    reasons: reasonsOf(report, gravest),
    modelSha256: about.modelSha256,
    seconds: Math.max(0, Math.round((about.endedSeconds - report.beganSeconds) * 10) / 10),
  }
}

function scoresOf({ evidence, health, failureProbability }: Decision) {
  return { evidence, healthScore: health, failureProbability }
}

/** A layer that passed between two frames. */
export function describeUnseen(layer: number, modelSha256: string): EventInput<'layer.judged'> {
  return {
    layer,
    health: 'unwatched',
    verdict: 'ok',
    frames: 0,
    reasons: ['Printed between two pictures.'],
    modelSha256,
  }
}

function reasonsOf(report: LayerReport, gravest: Decision | undefined): string[] {
  const reasons = [...(gravest?.reasons ?? [])]
  if (report.unusable > 0) {
    const pictures = report.unusable === 1 ? '1 picture' : `${report.unusable} pictures`
    reasons.push(`${pictures} could not be judged.`)
  }
  if (report.frames === 0 && report.unusable === 0) reasons.push('No picture was taken.')
  return reasons
}
