import type { LayerView } from '@layerwatch/shared/api.ts'
import { nextProblem } from '@layerwatch/shared/strip.ts'
import { score } from '../format.ts'
import { healthNames } from '../names.ts'
import { texts } from '../texts.ts'
import { defectName } from '../wording.ts'
import { Icon, type IconName } from './icon.tsx'
import './lens.css'

type LayerStepProps = {
  layers: readonly LayerView[]
  at: number
  onPick: (layer: number) => void
}

/** The layer looked at, with steps by one and by trouble. */
export function LayerStep({ layers, at, onPick }: LayerStepProps) {
  const view = layers.find((layer) => layer.layer === at)
  const health = view?.health ?? 'unwatched'
  const newest = layers.at(-1)?.layer ?? at
  const oldest = layers[0]?.layer === 0 ? 0 : 1
  return (
    <div className="layer-step">
      <Step
        icon="down"
        label={texts.printer.layerDown}
        to={at > oldest ? at - 1 : undefined}
        onPick={onPick}
      />
      <h2>
        {texts.printer.layerTitle(at)}
        <small className={health}>{healthNames[health]}</small>
      </h2>
      <Step icon="up" label={texts.printer.layerUp} to={at < newest ? at + 1 : undefined} onPick={onPick} />
    </div>
  )
}

/** Jumps between runs of trouble, so that two thousand layers need no scrubbing. */
export function ProblemSteps({ layers, at, onPick }: LayerStepProps) {
  return (
    <>
      <Step
        icon="bottom"
        label={texts.printer.problemDown}
        to={nextProblem(layers, at, -1)}
        onPick={onPick}
      />
      <Step icon="top" label={texts.printer.problemUp} to={nextProblem(layers, at, 1)} onPick={onPick} />
    </>
  )
}

type StepProps = { icon: IconName; label: string; to: number | undefined; onPick: (layer: number) => void }

function Step({ icon, label, to, onPick }: StepProps) {
  return (
    <button
      type="button"
      className="icon-button framed"
      aria-label={label}
      disabled={to === undefined}
      onClick={() => (to === undefined ? undefined : onPick(to))}
    >
      <Icon name={icon} />
    </button>
  )
}

/** Evidence for each defect, with the line where suspicion begins, and why it was decided so. */
export function Evidence({ view }: { view: LayerView | undefined }) {
  if (!view || view.frames === 0) return <p className="detail">{texts.printer.noFrames}</p>
  const defects = Object.entries(view.defects).sort((a, b) => b[1] - a[1])
  return (
    <div className="evidence">
      {defects.map(([defect, evidence]) => (
        <div key={defect}>
          <div className="said">
            <b>
              <bdi>{defectName(defect)}</bdi>
            </b>
            <span>{score(evidence)}</span>
          </div>
          <div className="meter">
            <i className={evidence >= 0.5 ? view.health : 'fine'} style={{ width: `${evidence * 100}%` }} />
            <u />
          </div>
        </div>
      ))}
      <ul className="reasons">
        {view.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
        <li>{texts.printer.frames(view.frames)}</li>
      </ul>
    </div>
  )
}
