import type { IncidentStep, IncidentView, LayerView } from '@layerwatch/shared/api.ts'
import { lineWidth } from '@layerwatch/shared/strip.ts'
import { count, exactTime } from '../format.ts'
import { layOutTimeline, rowPx } from '../timeline-layout.ts'
import { stepDetail, stepTitle } from '../wording.ts'
import { Icon, type IconName } from './icon.tsx'
import './timeline.css'

/** Where the signs begin, from the section's left. */
const signLeftPx = 104

/** What happened, beside the layers it happened at. The newest stands on top. */
export function Timeline({ incident, layers }: { incident: IncidentView; layers: readonly LayerView[] }) {
  const steps = incident.timeline
  const firstLayer = layers[0]?.layer === 0 ? 0 : 1
  const { beganAtLayer, layer: lastLayer } = incident
  const layout = layOutTimeline(steps, { firstLayer, beganAtLayer, lastLayer })
  const byNumber = new Map(layers.map((layer) => [layer.layer, layer]))
  return (
    <section className="timeline" style={{ height: layout.heightPx }}>
      <div className="rows" aria-hidden="true">
        {layout.layers.map((layer, row) => (
          <EpisodeRow
            key={layer}
            layer={layer}
            bottomPx={row * rowPx}
            view={byNumber.get(layer)}
            isMarked={layer === beganAtLayer || layer === lastLayer}
            hasGapBelow={row === layout.gapAfterRow}
          />
        ))}
      </div>
      <svg className="ties" aria-hidden="true">
        {steps.map((step, index) => (
          <path
            key={`${step.at} ${step.kind}`}
            d={tiePath(step, layout.layers, layout.stepPx[index] ?? 0, layout.heightPx, byNumber)}
          />
        ))}
      </svg>
      <ol reversed>
        {steps.toReversed().map((step, index) => (
          <Step
            key={`${step.at} ${step.kind}`}
            step={step}
            incident={incident}
            bottomPx={layout.stepPx[steps.length - 1 - index] ?? 0}
          />
        ))}
      </ol>
    </section>
  )
}

type EpisodeRowProps = {
  layer: number
  bottomPx: number
  view: LayerView | undefined
  isMarked: boolean
  hasGapBelow: boolean
}

function EpisodeRow({ layer, bottomPx, view, isMarked, hasGapBelow }: EpisodeRowProps) {
  const health = view?.health ?? 'unwatched'
  return (
    <div
      className={`row${isMarked ? ' marked' : ''}${hasGapBelow ? ' after-gap' : ''}`}
      style={{ bottom: bottomPx }}
    >
      <i>{count(layer)}</i>
      <u className={health} style={{ width: barPx(view) }} />
    </div>
  )
}

function barPx(view: LayerView | undefined): number {
  const share = lineWidth({ health: view?.health ?? 'unwatched', evidence: view?.evidence ?? 0 })
  return Math.round(share * 58)
}

function Step({
  step,
  incident,
  bottomPx,
}: {
  step: IncidentStep
  incident: IncidentView
  bottomPx: number
}) {
  const detail = stepDetail(step, incident)
  return (
    <li style={{ bottom: bottomPx }}>
      <span className={`sign ${toneOf(step)}`}>
        <Icon name={signs[step.kind]} />
      </span>
      <span className="what">
        <b>{stepTitle(step)}</b>
        {detail && <bdi className="name">{detail}</bdi>}
      </span>
      <time dateTime={step.at}>{exactTime(step.at)}</time>
    </li>
  )
}

const signs: Record<IncidentStep['kind'], IconName> = {
  suspected: 'warn',
  confirmed: 'warn',
  cleared: 'check',
  'pause.sent': 'sent',
  'pause.failed': 'wrong',
  paused: 'check',
  'pause.still': 'check',
  'pause.moving': 'wrong',
  ended: 'stop',
  'not-ended': 'wrong',
  'nozzle.off': 'check',
  'bed.off': 'check',
  'heater.failed': 'wrong',
  resumed: 'play',
  stopped: 'stop',
  acknowledged: 'eye',
  resolved: 'check',
}

function toneOf(step: IncidentStep): 'fail' | 'warn' | 'unknown' | 'done' | 'plain' {
  if (step.kind === 'confirmed' || step.kind === 'pause.moving') return 'fail'
  if (step.kind === 'suspected') return 'warn'
  if (['pause.failed', 'not-ended', 'heater.failed'].includes(step.kind)) return 'unknown'
  return step.kind === 'acknowledged' || step.kind === 'resolved' ? 'plain' : 'done'
}

/** From the end of a layer's bar to the sign of the step that happened there. */
function tiePath(
  step: IncidentStep,
  shown: readonly number[],
  stepBottomPx: number,
  heightPx: number,
  byNumber: ReadonlyMap<number, LayerView>,
): string {
  const row = step.layer === undefined ? -1 : shown.indexOf(step.layer)
  const isPlace = step.kind === 'suspected' || step.kind === 'confirmed'
  if (row < 0 || !isPlace || step.layer === undefined) return ''
  const fromX = 34 + barPx(byNumber.get(step.layer)) + 3
  const fromY = heightPx - (row * rowPx + rowPx / 2)
  const toY = heightPx - stepBottomPx
  return `M${fromX} ${fromY}L${signLeftPx} ${toY}`
}
