import type { Channel, ContactKind, ContactRequest, ContactView } from '@layerwatch/shared/notify.ts'
import { useId, useState } from 'react'
import { connectContact, disconnectContact, newKey, testChannel } from '../api.ts'
import { useNow } from '../context.tsx'
import { CopyField } from '../parts/copy-field.tsx'
import { Field } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { Problem } from '../parts/problem.tsx'
import { problemOf } from '../problem-of.ts'
import { notificationTexts as words } from '../texts-notifications.ts'
import { TelegramConnect } from './telegram-connect.tsx'

type ContactProps = {
  kind: ContactKind
  contact: ContactView | undefined
  /** Whether this cloud has what the channel needs. */
  isOffered: boolean
  onChanged: () => void
}

/** One channel a person connects: how it stands, or the form that connects it. */
export function Contact({ kind, contact, isOffered, onChanged }: ContactProps) {
  const [isOpen, setOpen] = useState(false)
  const [secret, setSecret] = useState<string>()
  const heading = useId()
  const onConnected = (made: string | undefined) => {
    setSecret(made)
    setOpen(false)
    onChanged()
  }
  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading}>{words.names[kind]}</h2>
      {!contact && <p className="detail">{isOffered ? words.whats[kind] : words.telegram.none}</p>}
      {contact && !isOpen && (
        <Connected contact={contact} onChanged={onChanged} onChange={() => setOpen(true)} />
      )}
      {contact && secret && <Secret secret={secret} />}
      {!contact && !isOpen && isOffered && (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          <Icon name="plus" />
          {words.connect}
        </button>
      )}
      {isOpen && kind === 'telegram' && (
        <TelegramConnect contact={contact} onLook={onChanged} onDone={() => setOpen(false)} />
      )}
      {isOpen && kind !== 'telegram' && (
        <ConnectForm kind={kind} onConnected={onConnected} onNever={() => setOpen(false)} />
      )}
    </section>
  )
}

function Connected(props: { contact: ContactView; onChanged: () => void; onChange: () => void }) {
  const { contact, onChanged, onChange } = props
  const nowMs = useNow(60_000)
  const [isSure, setSure] = useState(false)
  const [problem, setProblem] = useState<string>()
  const disconnect = () =>
    disconnectContact(contact.kind).then(onChanged, (error: unknown) => setProblem(problemOf(error)))
  const hasFailed = contact.last?.status === 'failed'
  return (
    <>
      <p>
        <bdi className="name">{contact.label}</bdi>
      </p>
      <p className={hasFailed ? 'wrong' : 'detail'}>
        {contact.last ? words.last(contact.last, nowMs) : words.noneYet}
      </p>
      <div className="acts">
        <TestButton channel={contact.kind} />
        <button type="button" className="button" onClick={onChange}>
          {words.change}
        </button>
        {isSure ? (
          <button type="button" className="button danger" onClick={disconnect}>
            {words.disconnectSure}
          </button>
        ) : (
          <button
            type="button"
            className="icon-button"
            aria-label={`${words.disconnect} ${words.names[contact.kind]}`}
            onClick={() => setSure(true)}
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
      <Problem text={problem} />
    </>
  )
}

/** Connected by a form; Telegram is by a code. */
type FormKind = Exclude<ContactKind, 'telegram'>

type FormProps = {
  kind: FormKind
  onConnected: (secret: string | undefined) => void
  onNever: () => void
}

function ConnectForm({ kind, onConnected, onNever }: FormProps) {
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const request = requestOf(kind, new FormData(event.currentTarget))
    setBusy(true)
    setProblem(undefined)
    try {
      onConnected((await connectContact(request)).secret)
    } catch (error) {
      setProblem(problemOf(error))
      setBusy(false)
    }
  }
  return (
    <form className="connect" onSubmit={submit}>
      <Fields kind={kind} />
      <Problem text={problem} />
      <div className="acts">
        <button type="submit" className="button primary" disabled={isBusy}>
          {isBusy ? words.connecting : words.connect}
        </button>
        <button type="button" className="button" onClick={onNever}>
          {words.never}
        </button>
      </div>
    </form>
  )
}

function Fields({ kind }: { kind: FormKind }) {
  // A name nobody guesses, for it is as good as a password.
  const [topic] = useState(() => `layerwatch-${newKey().slice(0, 16)}`)
  switch (kind) {
    case 'ntfy':
      return (
        <>
          <Field name="server" label={words.ntfy.server} type="url" defaultValue="https://ntfy.sh" />
          <Field name="topic" label={words.ntfy.topic} hint={words.ntfy.topicHint} defaultValue={topic} />
          <Field
            name="token"
            label={words.ntfy.token}
            hint={words.ntfy.optional}
            type="password"
            autoComplete="off"
            required={false}
          />
          <p className="detail">{words.ntfy.next}</p>
        </>
      )
    case 'discord':
      return (
        <>
          <p className="detail">{words.discord.where}</p>
          <Field name="url" label={words.discord.url} type="password" autoComplete="off" />
        </>
      )
    case 'webhook':
      return (
        <>
          <Field name="url" label={words.webhook.url} type="url" placeholder="https://" autoComplete="off" />
          <p className="detail">{words.webhook.hint}</p>
        </>
      )
  }
}

function requestOf(kind: FormKind, form: FormData): ContactRequest {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  if (kind !== 'ntfy') return { kind, url: text('url') }
  const token = text('token')
  return { kind, server: text('server'), topic: text('topic'), ...(token && { token }) }
}

function Secret({ secret }: { secret: string }) {
  return (
    <div className="secret">
      <p className="detail">{words.webhook.secretOnce}</p>
      <CopyField value={secret} label={words.webhook.secret} />
    </div>
  )
}

/** Sends a real message on one channel and says how it went. */
export function TestButton({ channel }: { channel: Channel }) {
  const [isBusy, setBusy] = useState(false)
  const [said, setSaid] = useState<{ isSent: boolean; text: string }>()
  const test = async () => {
    setBusy(true)
    setSaid(undefined)
    try {
      const [outcome] = (await testChannel(channel)).channels
      setSaid({ isSent: outcome?.result === 'sent', text: textOf(outcome) })
    } catch (error) {
      setSaid({ isSent: false, text: problemOf(error) })
    }
    setBusy(false)
  }
  return (
    <>
      <button type="button" className="button" disabled={isBusy} onClick={test}>
        <Icon name="bell" />
        {isBusy ? words.testing : words.test}
      </button>
      <p role="status" className={said?.isSent === false ? 'said wrong' : 'said'}>
        {said?.text}
      </p>
    </>
  )
}

function textOf(outcome: { result: string; detail: string } | undefined): string {
  if (outcome?.result === 'sent') return words.tested
  return outcome?.result === 'off' ? words.testOff : words.testFailed(outcome?.detail ?? '')
}
