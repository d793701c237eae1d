import type { DeviceView } from '@layerwatch/shared/api.ts'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { getDevices, Refusal, removeDevice, signOut, testNotifications } from '../api.ts'
import { useNow, useRead, useSession } from '../context.tsx'
import { OfflineBanner } from '../parts/bar.tsx'
import { Icon } from '../parts/icon.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { readPushFacts, subscribe, unsubscribe } from '../push.ts'
import { type PushStanding, pushStanding } from '../push-standing.ts'
import { texts } from '../texts.ts'
import { chooseHand, chooseTheme, type Hand, readHand, readThemeChoice, type ThemeChoice } from '../theme.ts'
import './you.css'

/** The person's own things: how alarms reach them, how the page looks, their devices, the way out. */
export function You() {
  const { me, leave } = useSession()
  const out = () => signOut().then(leave, leave)
  return (
    <div className="shell">
      <main className="scroll you">
        <OfflineBanner />
        <header className="list-head">
          <h1 className="page-title">{texts.you.title}</h1>
        </header>
        <div className="panels">
          <section className="panel">
            <p className="detail">{texts.you.signedInAs}</p>
            <h2>
              <bdi className="name">{me.name}</bdi>
            </h2>
            <p className="detail">
              <bdi className="name">{me.email}</bdi>
            </p>
            <button type="button" className="button" onClick={out}>
              {texts.you.signOut}
            </button>
          </section>
          <Alarms />
          <Devices />
          <Looks />
        </div>
      </main>
      <Tabs />
    </div>
  )
}

function Alarms() {
  const { me, setup } = useSession()
  const [said, setSaid] = useState<string>()
  const test = () => {
    setSaid(undefined)
    testNotifications().then(
      () => setSaid(texts.you.tested),
      (error: unknown) =>
        setSaid(error instanceof Refusal && error.message ? error.message : texts.you.testFailed),
    )
  }
  return (
    <section className="panel">
      <h2>{texts.you.alarms}</h2>
      <h3>{texts.you.push}</h3>
      <Push />
      <h3>{texts.you.email}</h3>
      <p className="detail">{setup.canSendEmail ? texts.you.emailOn(me.email) : texts.you.emailOff}</p>
      <button type="button" className="button" onClick={test}>
        <Icon name="bell" />
        {texts.you.test}
      </button>
      <p role="status">{said}</p>
    </section>
  )
}

const pushTexts: Record<PushStanding, string> = {
  on: texts.you.pushOn,
  off: texts.you.pushOff,
  denied: texts.you.pushDenied,
  insecure: texts.you.pushInsecure,
  'home-screen': texts.you.pushHomeScreen,
  unsupported: texts.you.pushUnsupported,
}

function Push() {
  const { setup, reloadMe } = useSession()
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
  if (!standing) return null
  return (
    <>
      <p className="detail">{pushTexts[standing]}</p>
      {standing === 'off' && (
        <button type="button" className="button primary" onClick={() => act(subscribe(setup.pushPublicKey))}>
          {texts.you.turnOn}
        </button>
      )}
      {standing === 'on' && (
        <button type="button" className="button" onClick={() => act(unsubscribe())}>
          {texts.you.turnOff}
        </button>
      )}
      {hasFailed && (
        <p className="wrong" role="alert">
          {texts.you.pushFailed}
        </p>
      )}
    </>
  )
}

function Devices() {
  const read = useRead('devices', getDevices)
  return (
    <section className="panel">
      <h2>{texts.you.devices}</h2>
      <ul className="devices">
        {(read.data ?? []).map((device) => (
          <DeviceLine key={device.id} device={device} onRemoved={read.again} />
        ))}
      </ul>
      {read.error !== undefined && <p className="wrong">{texts.problem.unreachable}</p>}
      <Link href="/devices/add" className="button">
        <Icon name="plus" />
        {texts.home.addDevice}
      </Link>
    </section>
  )
}

function DeviceLine({ device, onRemoved }: { device: DeviceView; onRemoved: () => void }) {
  const nowMs = useNow(60_000)
  const [isSure, setSure] = useState(false)
  const [problem, setProblem] = useState<string>()
  const presence = device.isPresent ? texts.you.devicePresent : texts.you.deviceSilent(device.heardAt, nowMs)
  const speed = device.backend === undefined ? [] : [texts.you.deviceSpeed(device.backend, device.frameMs)]
  const remove = () =>
    removeDevice(device.id).then(onRemoved, (error: unknown) =>
      setProblem(error instanceof Refusal ? error.message : texts.problem.unreachable),
    )
  return (
    <li>
      <span className="what">
        <b>
          <bdi className="name">{device.name}</bdi>
        </b>
        <span className="detail">
          {[presence, texts.you.devicePrinters(device.printers), ...speed].join(', ')}
        </span>
        {isSure && <span className="detail">{texts.you.removeWhy}</span>}
        {problem && <span className="wrong">{problem}</span>}
      </span>
      {isSure ? (
        <button type="button" className="button danger" onClick={remove}>
          {texts.you.removeSure}
        </button>
      ) : (
        <button
          type="button"
          className="icon-button"
          aria-label={`${texts.you.remove} ${device.name}`}
          onClick={() => setSure(true)}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  )
}

const themeChoices: ThemeChoice[] = ['system', 'light', 'dark']
const hands: Hand[] = ['right', 'left']

function Looks() {
  const [theme, setTheme] = useState(readThemeChoice)
  const [hand, setHand] = useState(readHand)
  return (
    <section className="panel">
      <Choice
        name="theme"
        title={texts.you.theme}
        values={themeChoices}
        labels={texts.you.themes}
        chosen={theme}
        onChoose={(value) => {
          chooseTheme(value)
          setTheme(value)
        }}
      />
      <Choice
        name="hand"
        title={texts.you.hand}
        values={hands}
        labels={texts.you.hands}
        chosen={hand}
        onChoose={(value) => {
          chooseHand(value)
          setHand(value)
        }}
      />
    </section>
  )
}

type ChoiceProps<T extends string> = {
  name: string
  title: string
  values: readonly T[]
  labels: Record<T, string>
  chosen: T
  onChoose: (value: T) => void
}

function Choice<T extends string>({ name, title, values, labels, chosen, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset className="choice">
      <legend>{title}</legend>
      {values.map((value) => (
        <label key={value}>
          <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{labels[value]}</span>
        </label>
      ))}
    </fieldset>
  )
}
