import type { PairingView } from '@layerwatch/shared/api.ts'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { getPairing, Refusal, startPairing } from '../api.ts'
import { useLive, useNow } from '../context.tsx'
import { Bar, OfflineBanner } from '../parts/bar.tsx'
import { Icon } from '../parts/icon.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { texts } from '../texts.ts'
import './add-device.css'
import { CopyField } from '../parts/copy-field.tsx'
import { Problem } from '../parts/problem.tsx'

/** A code and a command to paste; then the device appears by itself. */
export function AddDevice() {
  const [pairing, setPairing] = useState<PairingView>()
  const [problem, setProblem] = useState<string>()
  const hasBegun = useRef(false)
  const begin = () => {
    setProblem(undefined)
    startPairing().then(setPairing, (error: unknown) => {
      setProblem(error instanceof Refusal && error.message ? error.message : texts.addDevice.failed)
    })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only at the first drawing, for one code a visit
  useEffect(() => {
    if (hasBegun.current) return
    hasBegun.current = true
    begin()
  }, [])
  const told = usePairing(pairing)
  const nowMs = useNow(1000)
  const secondsLeft = pairing ? (Date.parse(pairing.expiresAt) - nowMs) / 1000 : 0
  const isPaired = told?.status === 'paired'
  const isOver = told?.status === 'expired' || (pairing !== undefined && secondsLeft <= 0 && !isPaired)
  return (
    <div className="shell printer-shell">
      <div className="split">
        <OfflineBanner />
        <Bar title={texts.addDevice.title} backTo="/you" />
        <main className="scroll pad pairing">
          <h2 className="page-title">{isPaired ? texts.addDevice.paired : texts.addDevice.heading}</h2>
          <Problem text={problem} />
          {!pairing && !problem && (
            <p className="muted" role="status">
              {texts.loading}
            </p>
          )}
          {pairing && !isOver && !isPaired && <Code pairing={pairing} secondsLeft={secondsLeft} />}
          {pairing && !isOver && <Arrival pairing={told ?? pairing} />}
          {isOver && <p className="muted">{texts.addDevice.expired}</p>}
          {(isOver || problem) && (
            <button type="button" className="button primary wide" onClick={begin}>
              {texts.addDevice.newCode}
            </button>
          )}
        </main>
        {isPaired && (
          <footer className="pairing-foot">
            <Link href="/" className="button primary wide">
              {texts.addDevice.done}
            </Link>
          </footer>
        )}
      </div>
      <Tabs />
    </div>
  )
}

/** How the pairing stands: told live, and read again where a change may have been missed. */
function usePairing(pairing: PairingView | undefined): PairingView | undefined {
  const id = pairing?.id
  const live = useLive((state) => (id === undefined ? undefined : state.pairings.get(id)))
  const connection = useLive((state) => state.connection)
  const deviceIds = useLive((state) => state.printers?.map((printer) => printer.device.id).join(' '))
  const [read, setRead] = useState<PairingView>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new device or connection is the moment to look again
  useEffect(() => {
    if (id === undefined) return
    const stop = new AbortController()
    getPairing(id, stop.signal).then(setRead, () => undefined)
    return () => stop.abort()
  }, [id, connection, deviceIds])
  if (live) return live
  return read?.id === id ? read : undefined
}

function Code({ pairing, secondsLeft }: { pairing: PairingView; secondsLeft: number }) {
  return (
    <>
      <section className="panel code">
        <p className="detail">{texts.addDevice.code}</p>
        <p className="letters">{pairing.code}</p>
        <p className="detail">{texts.addDevice.goodFor(secondsLeft)}</p>
      </section>
      <p className="muted">{texts.addDevice.paste}</p>
      <CopyField value={pairing.command ?? ''} label={texts.addDevice.command} />
    </>
  )
}

function Arrival({ pairing }: { pairing: PairingView }) {
  const printers = useLive((state) => state.printers)
  const found = printers?.filter((printer) => printer.device.id === pairing.deviceId) ?? []
  if (pairing.status !== 'paired') {
    return (
      <section className="steps" role="status">
        <span className="layer now" />
        <div>
          <b>{texts.addDevice.waiting}</b>
          <p>{texts.addDevice.waitingWhy}</p>
        </div>
      </section>
    )
  }
  const name = found[0]?.device.name
  return (
    <section className="steps" role="status">
      <span className="layer done">
        <Icon name="check" />
      </span>
      <div>
        <b>{texts.addDevice.paired}</b>
        <p>{name ? <bdi className="name">{name}</bdi> : texts.addDevice.pairedWhy}</p>
      </div>
      <span className={found.length > 0 ? 'layer done' : 'layer now'}>
        {found.length > 0 && <Icon name="check" />}
      </span>
      <div>
        <b>{found.length > 0 ? texts.addDevice.printers(found.length) : texts.addDevice.noPrinters}</b>
        {found.map((printer) => (
          <p key={printer.id}>
            <bdi className="name">{printer.name}</bdi>
          </p>
        ))}
      </div>
    </section>
  )
}
