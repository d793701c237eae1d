import type { IncidentView, LayerView } from '@layerwatch/shared/api.ts'

/**
 * The layers with the one at which an alarm paused the print: the printer stands still in the middle of it, so that
 * it may never be judged as a whole, and it would look as if nobody had watched it.
 */
export function withIncidentLayer(
  layers: readonly LayerView[],
  incident: IncidentView | undefined,
): readonly LayerView[] {
  if (incident?.severity !== 'confirmed') return layers
  if (layers.some((layer) => layer.layer >= incident.layer)) return layers
  const at = incident.timeline.find((step) => step.kind === 'confirmed')?.at ?? incident.openedAt
  const layer: LayerView = {
    layer: incident.layer,
    health: 'failed',
    verdict: 'fail',
    evidence: incident.evidence,
    defects: { [incident.defect]: incident.evidence },
    frames: 1,
    detections: incident.picture?.detections ?? [],
    reasons: incident.reasons,
    at,
  }
  return [...layers, layer]
}
