import type { Topic } from '@layerwatch/shared/notify-rules.ts'
import { useState } from 'react'
import { browserZone } from '../format.ts'
import { Chips, Choice } from '../parts/choice.tsx'
import { Fold } from '../parts/fold.tsx'
import { Problem } from '../parts/problem.tsx'
import { rulesTexts as words } from '../texts-rules.ts'
import { type RulesPartProps, TimeField } from './notification-rules.tsx'

const usual = { from: '22:00', to: '07:00' }
/** What may be worth waking up for. */
const wakers: readonly Topic[] = [
  'suspected',
  'failing',
  'pause-failed',
  'smoke',
  'filament',
  'lost',
  'offline',
]

/** When nothing rings, what does all the same, and the zone it is meant in. */
export function Quiet({ view, change }: RulesPartProps) {
  const { quiet, urgent } = view.rules
  const [typed, setTyped] = useState(quiet ?? usual)
  const type = (fields: Partial<typeof usual>) => {
    const now = { ...typed, ...fields }
    setTyped(now)
    if (now.from !== now.to) change({ quiet: now })
  }
  return (
    <Fold title={words.quiet.title} standing={quiet ? words.quiet.hours(quiet) : words.quiet.none}>
      <Choice
        name="quiet"
        title={words.quiet.ask}
        values={['off', 'on'] as const}
        labels={words.quiet}
        chosen={quiet ? 'on' : 'off'}
        onChoose={(value) => change({ quiet: value === 'on' ? typed : null })}
      />
      {quiet && (
        <>
          <div className="from-to">
            <TimeField label={words.quiet.from} time={typed.from} onChange={(from) => type({ from })} />
            <TimeField label={words.quiet.to} time={typed.to} onChange={(to) => type({ to })} />
          </div>
          <Problem text={typed.from === typed.to ? words.quiet.same : undefined} />
          <p className="detail">{words.quiet.why}</p>
          <Chips
            title={words.quiet.urgent}
            values={wakers}
            textOf={(topic) => words.topics[topic]}
            chosen={urgent}
            onChange={(chosen) => change({ urgent: chosen })}
          />
        </>
      )}
      <Zone
        zone={view.timeZone}
        cloudZone={view.cloudTimeZone}
        onChange={(timeZone) => change({ timeZone })}
      />
    </Fold>
  )
}

function Zone(props: { zone: string | undefined; cloudZone: string; onChange: (zone: string) => void }) {
  const { zone, cloudZone, onChange } = props
  const zones = new Set([
    ...(zone ? [zone] : []),
    browserZone(),
    'UTC',
    ...Intl.supportedValuesOf('timeZone'),
  ])
  return (
    <>
      <label className="field">
        <span>{words.zone.label}</span>
        <span className="entry">
          <select value={zone ?? ''} onChange={(event) => onChange(event.target.value)}>
            {!zone && <option value="">{words.zone.unset(cloudZone)}</option>}
            {[...zones].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </span>
      </label>
      <p className="detail">{words.zone.why}</p>
    </>
  )
}
