import { ContactKind, type ContactsView } from '@layerwatch/shared/notify.ts'
import { useEffect, useState } from 'react'
import { getContacts } from '../api.ts'
import { useNow, useRead, useSession } from '../context.tsx'
import { Bar, OfflineBanner } from '../parts/bar.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { readPushFacts, subscribe, unsubscribe } from '../push.ts'
import { type PushStanding, pushStanding } from '../push-standing.ts'
import { texts } from '../texts.ts'
import { notificationTexts as words } from '../texts-notifications.ts'
import { Contact, TestButton } from './notification-contact.tsx'
import { NotificationRulesPanel } from './notification-rules.tsx'
import './notifications.css'
import './you.css'
import { Problem } from '../parts/problem.tsx'

/** How a person is told: each channel with what it needs, how its last message went, and a test. */
export function Notifications() {
  const read = useRead('contacts', getContacts)
  return (
    <div className="shell printer-shell">
      <div className="split">
        <OfflineBanner />
        <Bar title={words.title} backTo="/you" />
        <main className="scroll notifications">
          <div className="panels">
            <Push last={read.data?.last.push} />
            <Mail last={read.data?.last.email} />
            {read.data && <Contacts view={read.data} onChanged={read.again} />}
            {read.data && <NotificationRulesPanel contacts={read.data.contacts} />}
            {read.error !== undefined && <p className="wrong">{texts.problem.unreachable}</p>}
          </div>
        </main>
      </div>
      <Tabs />
    </div>
  )
}

function Contacts({ view, onChanged }: { view: ContactsView; onChanged: () => void }) {
  return ContactKind.options.map((kind) => (
    <Contact
      key={kind}
      kind={kind}
      isOffered={kind !== 'telegram' || view.telegram !== undefined}
      contact={view.contacts.find((contact) => contact.kind === kind)}
      onChanged={onChanged}
    />
  ))
}

const pushTexts: Record<PushStanding, string> = {
  on: texts.you.pushOn,
  off: texts.you.pushOff,
  denied: texts.you.pushDenied,
  insecure: texts.you.pushInsecure,
  'home-screen': texts.you.pushHomeScreen,
  unsupported: texts.you.pushUnsupported,
}

function Push({ last }: { last: ContactsView['last']['push'] }) {
  const { setup, reloadMe } = useSession()
  const nowMs = useNow(60_000)
  const [standing, setStanding] = useState<PushStanding>()
  const [hasFailed, setFailed] = useState(false)
  const look = () => readPushFacts().then((facts) => setStanding(pushStanding(facts)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: at the first drawing; after that, `act` looks again
  useEffect(() => void look(), [])
  const act = (done: Promise<void>) => {
    setFailed(false)
    done
      .catch(() => setFailed(true))
      .then(look)
      .then(reloadMe)
  }
  return (
    <section className="panel">
      <h2>{words.names.push}</h2>
      {standing && <p className="detail">{pushTexts[standing]}</p>}
      {standing === 'on' && last && <p className="detail">{words.last(last, nowMs)}</p>}
      {standing === 'off' && (
        <button type="button" className="button primary" onClick={() => act(subscribe(setup.pushPublicKey))}>
          {texts.you.turnOn}
        </button>
      )}
      {standing === 'on' && (
        <div className="acts">
          <TestButton channel="push" />
          <button type="button" className="button" onClick={() => act(unsubscribe())}>
            {texts.you.turnOff}
          </button>
        </div>
      )}
      <Problem text={hasFailed ? texts.you.pushFailed : undefined} />
    </section>
  )
}

function Mail({ last }: { last: ContactsView['last']['email'] }) {
  const { me, setup } = useSession()
  const nowMs = useNow(60_000)
  return (
    <section className="panel">
      <h2>{words.names.email}</h2>
      <p className="detail">{setup.canSendEmail ? texts.you.emailOn(me.email) : texts.you.emailOff}</p>
      {setup.canSendEmail && last && <p className="detail">{words.last(last, nowMs)}</p>}
      {setup.canSendEmail && (
        <div className="acts">
          <TestButton channel="email" />
        </div>
      )}
    </section>
  )
}
