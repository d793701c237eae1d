import type { IncidentOutcome, IncidentView, ResolveRequest } from '@layerwatch/shared/api.ts'
import { useState } from 'react'
import { acknowledgeIncident, Refusal, resolveIncident, snapshotUrl } from '../api.ts'
import { useCanSend } from '../context.tsx'
import { outcomeNames } from '../names.ts'
import { texts } from '../texts.ts'
import { Icon, type IconName } from './icon.tsx'
import { Picture } from './picture.tsx'
import { Problem } from './problem.tsx'

const outcomes: { outcome: IncidentOutcome; icon: IconName; text: string }[] = [
  { outcome: 'false-alarm', icon: 'wrong', text: texts.incident.falseAlarm },
  { outcome: 'saved', icon: 'shield', text: texts.incident.saved },
  { outcome: 'already-lost', icon: 'trash', text: texts.incident.lost },
]

/** What the person makes of an incident. The answer shows once the cloud has it. */
export function Choices({ incident }: { incident: IncidentView }) {
  const canSend = useCanSend()
  const [problem, setProblem] = useState<string>()
  const act = (done: Promise<void>) => {
    setProblem(undefined)
    done.catch((error: unknown) =>
      setProblem(error instanceof Refusal ? error.message : texts.problem.unreachable),
    )
  }
  const say = (said: ResolveRequest) => act(resolveIncident(incident.id, said))
  const asked = { incident, canSend, say }
  return (
    <section className="choices">
      {incident.outcome ? <Said {...asked} /> : <Question {...asked} />}
      {incident.status === 'open' && (
        <button
          type="button"
          className="button"
          disabled={!canSend}
          onClick={() => act(acknowledgeIncident(incident.id))}
        >
          <Icon name="eye" />
          {texts.incident.seen}
        </button>
      )}
      <Problem text={problem} />
    </section>
  )
}

type AskedProps = { incident: IncidentView; canSend: boolean; say: (said: ResolveRequest) => void }

function Question({ incident, canSend, say }: AskedProps) {
  const { picture } = incident
  const worst = picture?.detections.toSorted((a, b) => b.score - a.score)[0]
  return (
    <>
      <h2>{texts.incident.question}</h2>
      <div className="row">
        {outcomes.map(({ outcome, icon, text }) => (
          <button key={outcome} type="button" disabled={!canSend} onClick={() => say({ outcome })}>
            <Icon name={icon} />
            {text}
          </button>
        ))}
      </div>
      {picture && worst && (
        <button
          type="button"
          className="button ignore"
          disabled={!canSend}
          onClick={() => say({ outcome: 'false-alarm', ignore: [worst.box] })}
        >
          <Picture src={snapshotUrl(picture.id)} detections={[worst]} hasLabels={false} isConfirmed alt="" />
          <span>
            {texts.incident.ignore}
            <small>{texts.incident.ignoreWhat}</small>
          </span>
        </button>
      )}
    </>
  )
}

/** What was said, what its device makes of it, and the way back. */
function Said({ incident, canSend, say }: AskedProps) {
  const { outcome, mark } = incident
  const places = mark?.ignore?.length ?? 0
  return (
    <>
      <p className="resolved">
        <Icon name="check" />
        {outcome && outcomeNames[outcome]}
        {outcome === 'false-alarm' && places > 0 && texts.incident.ignored(places)}
      </p>
      <p className="detail" role="status">
        <bdi>{mark?.words ?? texts.incident.teaches}</bdi>
      </p>
      <button
        type="button"
        className="button"
        disabled={!canSend}
        onClick={() => say({ outcome: 'taken-back' })}
      >
        <Icon name="back" />
        {texts.incident.takeBack}
      </button>
    </>
  )
}
