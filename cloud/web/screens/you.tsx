import type { DeviceView } from '@layerwatch/shared/api.ts'
import { useState } from 'react'
import { Link } from 'wouter'
import { getDevices, Refusal, removeDevice, signOut } from '../api.ts'
import { useNow, useRead, useSession } from '../context.tsx'
import { OfflineBanner } from '../parts/bar.tsx'
import { Choice } from '../parts/choice.tsx'
import { Icon } from '../parts/icon.tsx'
import { Tabs } from '../parts/tabs.tsx'
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
  return (
    <section className="panel">
      <h2>{texts.you.alarms}</h2>
      <p className="detail">{texts.you.alarmsHow}</p>
      <Link href="/you/notifications" className="button">
        <Icon name="bell" />
        {texts.you.setUpAlarms}
      </Link>
    </section>
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
