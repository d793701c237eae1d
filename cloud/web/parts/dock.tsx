import type { PrinterView } from '@layerwatch/shared/api.ts'
import type { PrinterAction } from '@layerwatch/shared/vocabulary.ts'
import { useState } from 'react'
import { askOf } from '../ask-store.ts'
import { type AskPhase, askPhase, type FreshPicture, resumeGate } from '../asks.ts'
import { useAsks, useCanSend, useNow, useSession } from '../context.tsx'
import { exactTime } from '../format.ts'
import { isActive } from '../standing.ts'
import { texts } from '../texts.ts'
import { failureText } from '../wording.ts'
import { ConfirmPress, HoldButton } from './hold-button.tsx'
import { Icon } from './icon.tsx'
import './dock.css'

export type DockProps = {
  printer: PrinterView
  /** The picture on screen, if a resume may name it. */
  picture: FreshPicture | undefined
  /** The screen shows something else than the newest picture, which bars Resume. */
  isLookingBack?: boolean
}

/** The deliberate acts, in the thumb's arc. Each button shows only what is known. */
export function Dock({ printer, picture, isLookingBack = false }: DockProps) {
  const nowMs = useNow(500)
  const asks = useAsks()
  const canSend = useCanSend()
  const stop = askPhase(askOf(asks, printer.id, 'cancel'), nowMs)
  if (!isActive(printer.state)) {
    return stop.kind === 'confirmed' ? (
      <footer className="dock">
        <Confirmed text={texts.dock.done.cancel} at={stop.at} />
      </footer>
    ) : null
  }
  const barred = barredBecause(printer, canSend)
  if (barred) return <Said {...barred} />
  return (
    <footer className="dock">
      {printer.state === 'paused' ? (
        <PausedDock
          printer={printer}
          picture={isLookingBack ? undefined : picture}
          isLookingBack={isLookingBack}
          nowMs={nowMs}
        />
      ) : (
        <MovingDock printer={printer} nowMs={nowMs} />
      )}
    </footer>
  )
}

function barredBecause(printer: PrinterView, canSend: boolean): { title: string; why?: string } | undefined {
  if (printer.role === 'viewer') return { title: texts.dock.viewer, why: texts.dock.viewerWhy }
  if (!canSend) return { title: texts.dock.noConnection, why: texts.dock.noConnectionWhy }
  if (!printer.device.isPresent) {
    return { title: texts.dock.noDevice(printer.device.name), why: texts.dock.noDeviceWhy }
  }
  if (printer.actions.length === 0) return { title: texts.dock.cannot }
  return undefined
}

function Said({ title, why }: { title: string; why?: string }) {
  return (
    <footer className="dock">
      <div className="dock-button off said">
        <bdi className="name">{title}</bdi>
        {why && <small>{why}</small>}
      </div>
    </footer>
  )
}

type Inner = { printer: PrinterView; nowMs: number }

/** While it moves: Pause at once, and Stop. */
function MovingDock({ printer, nowMs }: Inner) {
  const asks = useAsks()
  const { asks: store } = useSession()
  const pause = askPhase(askOf(asks, printer.id, 'pause'), nowMs)
  const resume = askPhase(askOf(asks, printer.id, 'resume'), nowMs)
  const [confirms, setConfirms] = useState(false)
  const can = (action: PrinterAction) => printer.actions.includes(action)
  const alarmFailed = printer.incident?.severity === 'confirmed' && printer.incident.pause === 'failed'
  const isUrgent = pause.kind === 'unconfirmed' || (alarmFailed && pause.kind === 'rest')
  const askStop = () => store.ask(printer, 'cancel')
  const stop = (
    <StopButton printer={printer} nowMs={nowMs} onStop={askStop} onAskConfirm={() => setConfirms(true)} />
  )
  return (
    <>
      {confirms && (
        <ConfirmPress
          kind="stop"
          label={texts.dock.confirmStop}
          onDone={askStop}
          onOver={() => setConfirms(false)}
        />
      )}
      {isUrgent && <CutPower />}
      {resume.kind === 'confirmed' && <Confirmed text={texts.dock.done.resume} at={resume.at} isLow />}
      {isUrgent ? (
        <>
          <PauseButton phase={pause} isAgain onPause={() => store.ask(printer, 'pause')} />
          {can('cancel') && stop}
        </>
      ) : (
        <div className="row">
          {can('pause') && <PauseButton phase={pause} onPause={() => store.ask(printer, 'pause')} />}
          {can('cancel') && <div className="narrow">{stop}</div>}
        </div>
      )}
    </>
  )
}

/** While it is paused: what the printer confirmed, Resume on a fresh picture, and Stop. */
function PausedDock({
  printer,
  picture,
  isLookingBack,
  nowMs,
}: Inner & Required<Pick<DockProps, 'isLookingBack'>> & Pick<DockProps, 'picture'>) {
  const asks = useAsks()
  const { asks: store } = useSession()
  const resume = askPhase(askOf(asks, printer.id, 'resume'), nowMs)
  const [confirms, setConfirms] = useState<'stop' | 'resume'>()
  const gate = resumeGate(picture, nowMs)
  const can = (action: PrinterAction) => printer.actions.includes(action)
  const askStop = () => store.ask(printer, 'cancel')
  const askResume = () => {
    // The picture may have grown too old during the hold.
    const fresh = resumeGate(picture, Date.now())
    if (fresh.kind === 'open') void store.ask(printer, 'resume', fresh.snapshotId)
  }
  return (
    <>
      {confirms && (
        <ConfirmPress
          key={confirms}
          kind={confirms}
          label={confirms === 'stop' ? texts.dock.confirmStop : texts.dock.confirmResume}
          onDone={confirms === 'stop' ? askStop : askResume}
          onOver={() => setConfirms(undefined)}
        />
      )}
      {gate.kind === 'open' || resume.kind === 'sent' || !can('resume') ? (
        <Confirmed text={texts.dock.done.pause} at={printer.pausedAt} isLow />
      ) : (
        <NeedsPicture
          printer={printer}
          ageMs={gate.kind === 'too-old' ? gate.ageMs : undefined}
          isLookingBack={isLookingBack}
          nowMs={nowMs}
        />
      )}
      {resume.kind === 'unconfirmed' && (
        <p className="note" role="alert">
          <Icon name="warn" />
          <span>
            <b>{texts.dock.again.resume}:</b> {failureText('resume', resume.failure, resume.atMs)}.{' '}
            {texts.dock.resumeFailedRest}
          </span>
        </p>
      )}
      <div className="row">
        {can('resume') && resume.kind === 'sent' && (
          <Sent text={texts.dock.sent.resume} seconds={resume.seconds} />
        )}
        {can('resume') && resume.kind !== 'sent' && gate.kind === 'open' && (
          <HoldButton kind="resume" onDone={askResume} onAskConfirm={() => setConfirms('resume')} />
        )}
        {can('resume') && resume.kind !== 'sent' && gate.kind !== 'open' && (
          <button type="button" className="dock-button off" aria-disabled="true">
            <Icon name="play" />
            <span className="words">
              {texts.dock.resume}
              <small>{gate.kind === 'too-old' ? texts.dock.pictureTooOld : texts.dock.noPicture}</small>
            </span>
          </button>
        )}
        {can('cancel') && (
          <StopButton
            printer={printer}
            nowMs={nowMs}
            onStop={askStop}
            onAskConfirm={() => setConfirms('stop')}
          />
        )}
      </div>
    </>
  )
}

function PauseButton({
  phase,
  onPause,
  isAgain = false,
}: {
  phase: AskPhase
  onPause: () => void
  isAgain?: boolean
}) {
  if (phase.kind === 'sent') return <Sent text={texts.dock.sent.pause} seconds={phase.seconds} />
  const failed = phase.kind === 'unconfirmed' ? phase : undefined
  const usual = isAgain ? texts.dock.notConfirmedHow : texts.dock.pauseHow
  const why = failed ? failureText('pause', failed.failure, failed.atMs) : usual
  return (
    <button type="button" className={`dock-button ${isAgain ? 'unconfirmed' : 'now'}`} onClick={onPause}>
      <Icon name="pause" solid />
      <span className="words">
        {isAgain ? texts.dock.again.pause : texts.dock.pause}
        <small>{why}</small>
      </span>
    </button>
  )
}

function StopButton(props: Inner & { onStop: () => void; onAskConfirm: () => void }) {
  const { printer, nowMs, onStop, onAskConfirm } = props
  const phase = askPhase(askOf(useAsks(), printer.id, 'cancel'), nowMs)
  if (phase.kind === 'sent') return <Sent text={texts.dock.sent.cancel} seconds={phase.seconds} />
  if (phase.kind === 'unconfirmed') {
    const why = failureText('cancel', phase.failure, phase.atMs)
    return (
      <HoldButton
        kind="stop"
        title={texts.dock.again.cancel}
        hint={why}
        onDone={onStop}
        onAskConfirm={onAskConfirm}
      />
    )
  }
  return <HoldButton kind="stop" onDone={onStop} onAskConfirm={onAskConfirm} />
}

function NeedsPicture(props: Inner & { ageMs: number | undefined; isLookingBack: boolean }) {
  const { printer, nowMs, ageMs, isLookingBack } = props
  const { asks: store } = useSession()
  const phase = askPhase(askOf(useAsks(), printer.id, 'snapshot'), nowMs)
  const rest = ageMs === undefined ? texts.dock.noPictureRest : texts.dock.pictureAge(ageMs)
  return (
    <div className="note">
      <Icon name="camera" />
      <span>
        <b>{texts.dock.needsPicture}</b>
        {isLookingBack ? texts.dock.needsLivePicture : rest}
      </span>
      {!isLookingBack && (
        <button
          type="button"
          className="button primary"
          disabled={phase.kind === 'sent'}
          onClick={() => store.ask(printer, 'snapshot')}
        >
          <Icon name="again" />
          {phase.kind === 'sent' ? texts.dock.askingPicture(phase.seconds) : texts.dock.newPicture}
        </button>
      )}
    </div>
  )
}

function Sent({ text, seconds }: { text: string; seconds: number }) {
  return (
    <div className="dock-button sent">
      <Icon name="sent" />
      <span className="words">
        <span role="status">{text}</span>
        <small>{texts.dock.waiting(seconds)}</small>
      </span>
    </div>
  )
}

function Confirmed({ text, at, isLow = false }: { text: string; at: string | undefined; isLow?: boolean }) {
  return (
    <div className={`dock-button confirmed${isLow ? ' low' : ''}`} role="status">
      <Icon name="check" />
      <span className="words">
        {text}
        {at && ` ${exactTime(at)}`}
      </span>
    </div>
  )
}

function CutPower() {
  return (
    <p className="note" role="alert">
      <Icon name="power" />
      <span>
        <b>{texts.dock.cutPower}</b>
        {texts.dock.cutPowerRest}
      </span>
    </p>
  )
}
