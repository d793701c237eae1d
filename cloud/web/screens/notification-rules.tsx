import { type Channel, Channel as Channels, type ContactsView } from '@layerwatch/shared/notify.ts'
import type { NotificationRules, PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import { useSession } from '../context.tsx'
import { Chips, Choice } from '../parts/choice.tsx'
import { Fold } from '../parts/fold.tsx'
import { Problem } from '../parts/problem.tsx'
import { type Rules, usePreferenceRules } from '../rules.ts'
import { texts } from '../texts.ts'
import { rulesTexts as words } from '../texts-rules.ts'
import { Quiet } from './notification-quiet.tsx'
import { Topics } from './notification-topics.tsx'

/** What one part of the rules is drawn with. */
export type RulesPartProps = {
  view: PreferencesView
  /** Channels that reach this person. */
  channels: readonly Channel[]
  change: Rules['change']
}

/** How a person wants to be told, folded to a line each: whoever changes nothing is told as everybody is. */
export function NotificationRulesPanel({ contacts }: { contacts: ContactsView['contacts'] }) {
  const { view, error, outcome, problem, change } = usePreferenceRules()
  const channels = useChannels(contacts)
  const part = view && { view, channels, change }
  return (
    <section className="panel rules">
      <h2>{words.title}</h2>
      {part && (
        <>
          <Topics {...part} />
          <Quiet {...part} />
          <Standby {...part} />
          <Cooldown {...part} />
          <Digest {...part} />
        </>
      )}
      {!view && error !== undefined && <p className="wrong">{texts.problem.unreachable}</p>}
      <p role="status" className="detail saved">
        {outcome && words.saved}
      </p>
      <Problem text={problem} />
    </section>
  )
}

/** Channels that reach this person now. */
function useChannels(contacts: ContactsView['contacts']): readonly Channel[] {
  const { me, setup } = useSession()
  const isThere = (channel: Channel) => {
    if (channel === 'email') return setup.canSendEmail
    if (channel === 'push') return me.notifications.pushSubscriptions > 0
    return contacts.some(({ kind }) => kind === channel)
  }
  return Channels.options.filter(isThere)
}

/** Some minutes to choose from, with what is chosen among them. */
function minutesOf(offered: readonly number[], chosen: number): string[] {
  return [...new Set([...offered, chosen])].sort((a, b) => a - b).map(String)
}

function Standby({ view, change }: RulesPartProps) {
  const { standbyMinutes } = view.rules
  const values = ['now', ...minutesOf([5, 10, 30], standbyMinutes ?? 10)]
  const labels = Object.fromEntries(
    values.map((value) => [
      value,
      value === 'now' ? words.standby.now : words.standby.minutes(Number(value)),
    ]),
  )
  return (
    <Fold title={words.standby.title} standing={words.standby.shown(standbyMinutes)}>
      <Choice
        name="standby"
        title={words.standby.ask}
        values={values}
        labels={labels}
        chosen={standbyMinutes === null ? 'now' : String(standbyMinutes)}
        onChoose={(value) => change({ standbyMinutes: value === 'now' ? null : Number(value) })}
      />
      <p className="detail">{words.standby.why}</p>
    </Fold>
  )
}

function Cooldown({ view, change }: RulesPartProps) {
  const { cooldownMinutes } = view.rules
  const values = minutesOf([0, 10, 30, 60], cooldownMinutes)
  const labels = Object.fromEntries(
    values.map((value) => [
      value,
      value === '0' ? words.cooldown.always : words.standby.minutes(Number(value)),
    ]),
  )
  return (
    <Fold title={words.cooldown.title} standing={words.cooldown.shown(cooldownMinutes)}>
      <Choice
        name="cooldown"
        title={words.cooldown.ask}
        values={values}
        labels={labels}
        chosen={String(cooldownMinutes)}
        onChoose={(value) => change({ cooldownMinutes: Number(value) })}
      />
      <p className="detail">{words.cooldown.why}</p>
    </Fold>
  )
}

const often = ['off', 'day', 'week'] as const

function Digest({ view, channels, change }: RulesPartProps) {
  const { digest } = view.rules
  const set = (fields: Partial<NonNullable<NotificationRules['digest']>>) => {
    const [first = 'email'] = channels
    const usual = { every: 'day' as const, weekday: 1, at: '18:00', channels: [first] }
    change({ digest: { ...usual, ...digest, ...fields } })
  }
  return (
    <Fold title={words.digest.title} standing={words.digest.shown(digest)}>
      <Choice
        name="digest"
        title={words.digest.ask}
        values={often}
        labels={words.digest.every}
        chosen={digest?.every ?? 'off'}
        onChoose={(every) => (every === 'off' ? change({ digest: null }) : set({ every }))}
      />
      {digest?.every === 'week' && (
        <label className="field">
          <span>{words.digest.weekday}</span>
          <span className="entry">
            <select value={digest.weekday} onChange={(event) => set({ weekday: Number(event.target.value) })}>
              {words.digest.weekdays.map((name, place) => (
                <option key={name} value={place + 1}>
                  {name}
                </option>
              ))}
            </select>
          </span>
        </label>
      )}
      {digest && <TimeField label={words.digest.at} time={digest.at} onChange={(at) => set({ at })} />}
      {digest && (
        <Chips
          title={words.digest.channels}
          values={channels}
          textOf={(channel) => words.channels[channel]}
          chosen={digest.channels}
          onChange={(chosen) => set({ channels: chosen })}
        />
      )}
      <p className="detail">{words.digest.why}</p>
    </Fold>
  )
}

/** An hour and a minute of the day. */
export function TimeField(props: { label: string; time: string; onChange: (time: string) => void }) {
  const { label, time, onChange } = props
  return (
    <label className="field">
      <span>{label}</span>
      <span className="entry">
        <input type="time" required defaultValue={time} onChange={(event) => onChange(event.target.value)} />
      </span>
    </label>
  )
}
