import { useState } from 'react'
import { askOf } from '../ask-store.ts'
import { type AskPhase, askPhase, type FreshPicture, type ResumeGate, resumeGate } from '../asks.ts'
import { useAsks, useSession } from '../context.tsx'
import { texts } from '../texts.ts'
import { failureText } from '../wording.ts'
import { Confirmed, type DockInner, Sent, StopButton } from './dock-buttons.tsx'
import { ConfirmPress, HoldButton } from './hold-button.tsx'
import { Icon } from './icon.tsx'

type PausedDockProps = DockInner & { picture: FreshPicture | undefined; isLookingBack: boolean }

/** While it is paused: what the printer confirmed, Resume on a fresh picture, and Stop. */
export function PausedDock({ printer, picture, isLookingBack, nowMs }: PausedDockProps) {
  const asks = useAsks()
  const { asks: store } = useSession()
  const [confirms, setConfirms] = useState<'stop' | 'resume'>()
  const resume = askPhase(askOf(asks, printer.id, 'resume'), nowMs)
  const onScreen = isLookingBack ? undefined : picture
  const gate = resumeGate(onScreen, nowMs)
  const canResume = printer.actions.includes('resume')
  const act = {
    stop: () => void store.ask(printer, 'cancel'),
    resume: () => {
      // The picture may have grown too old during the hold.
      const fresh = resumeGate(onScreen, Date.now())
      if (fresh.kind === 'open') void store.ask(printer, 'resume', fresh.snapshotId)
    },
  }
  const isMoving = printer.incident?.pause === 'moving'
  const needsPicture = canResume && gate.kind !== 'open' && resume.kind !== 'sent'
  return (
    <>
      {confirms && (
        <ConfirmPress
          key={confirms}
          kind={confirms}
          label={confirms === 'stop' ? texts.dock.confirmStop : texts.dock.confirmResume}
          onDone={act[confirms]}
          onOver={() => setConfirms(undefined)}
        />
      )}
      {isMoving && (
        <div className="dock-button unconfirmed low" role="alert">
          <Icon name="warn" />
          <span className="words">{texts.dock.stillMoving}</span>
        </div>
      )}
      {needsPicture && (
        <NeedsPicture printer={printer} nowMs={nowMs} gate={gate} isLookingBack={isLookingBack} />
      )}
      {!needsPicture && !isMoving && <Confirmed text={texts.dock.done.pause} at={printer.pausedAt} isLow />}
      {resume.kind === 'unconfirmed' && <ResumeFailed phase={resume} />}
      <div className="row">
        {canResume && (
          <ResumeButton
            phase={resume}
            gate={gate}
            onResume={act.resume}
            onAskConfirm={() => setConfirms('resume')}
          />
        )}
        {printer.actions.includes('cancel') && (
          <StopButton printer={printer} nowMs={nowMs} onAskConfirm={() => setConfirms('stop')} />
        )}
      </div>
    </>
  )
}

type ResumeButtonProps = {
  phase: AskPhase
  gate: ResumeGate
  onResume: () => void
  onAskConfirm: () => void
}

function ResumeButton({ phase, gate, onResume, onAskConfirm }: ResumeButtonProps) {
  if (phase.kind === 'sent') return <Sent text={texts.dock.sent.resume} seconds={phase.seconds} />
  if (gate.kind === 'open') return <HoldButton kind="resume" onDone={onResume} onAskConfirm={onAskConfirm} />
  return (
    <button type="button" className="dock-button off" aria-disabled="true">
      <Icon name="play" />
      <span className="words">
        {texts.dock.resume}
        <small>{gate.kind === 'too-old' ? texts.dock.pictureTooOld : texts.dock.noPicture}</small>
      </span>
    </button>
  )
}

/** Why Resume is barred, and what helps. */
function NeedsPicture(props: DockInner & { gate: ResumeGate; isLookingBack: boolean }) {
  const { printer, nowMs, gate, isLookingBack } = props
  const { asks: store } = useSession()
  const phase = askPhase(askOf(useAsks(), printer.id, 'snapshot'), nowMs)
  return (
    <div className="note">
      <Icon name="camera" />
      <span>
        <b>{texts.dock.needsPicture}</b>
        {restOf(gate, isLookingBack)}
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

function restOf(gate: ResumeGate, isLookingBack: boolean): string {
  if (isLookingBack) return texts.dock.needsLivePicture
  return gate.kind === 'no-picture' ? texts.dock.noPictureRest : texts.dock.pictureAge(gate.ageMs)
}

function ResumeFailed({ phase }: { phase: Extract<AskPhase, { kind: 'unconfirmed' }> }) {
  return (
    <p className="note" role="alert">
      <Icon name="warn" />
      <span>
        <b>{texts.dock.again.resume}:</b> {failureText('resume', phase.failure, phase.atMs)}.{' '}
        {texts.dock.resumeFailedRest}
      </span>
    </p>
  )
}
