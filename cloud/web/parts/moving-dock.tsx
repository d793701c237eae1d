import { useState } from 'react'
import { askOf } from '../ask-store.ts'
import { askPhase } from '../asks.ts'
import { useAsks, useSession } from '../context.tsx'
import { texts } from '../texts.ts'
import { Confirmed, type DockInner, PauseButton, StopButton } from './dock-buttons.tsx'
import { ConfirmPress } from './hold-button.tsx'
import { Icon } from './icon.tsx'

/** While it moves: Pause at once, and Stop. */
export function MovingDock({ printer, nowMs }: DockInner) {
  const asks = useAsks()
  const { asks: store } = useSession()
  const [confirms, setConfirms] = useState(false)
  const pause = askPhase(askOf(asks, printer.id, 'pause'), nowMs)
  const resume = askPhase(askOf(asks, printer.id, 'resume'), nowMs)
  const { incident, actions } = printer
  const hasAlarmFailed = incident?.severity === 'confirmed' && incident.pause === 'failed'
  // What is being stopped can't be paused any more.
  const canPause = actions.includes('pause') && printer.state !== 'cancelling'
  const isUrgent = pause.kind === 'unconfirmed' || (hasAlarmFailed && pause.kind === 'rest')
  return (
    <>
      {confirms && (
        <ConfirmPress
          kind="stop"
          label={texts.dock.confirmStop}
          onDone={() => void store.ask(printer, 'cancel')}
          onOver={() => setConfirms(false)}
        />
      )}
      {isUrgent && <CutPower />}
      {resume.kind === 'confirmed' && <Confirmed text={texts.dock.done.resume} at={resume.at} isLow />}
      <div className={isUrgent ? 'row stacked' : 'row'}>
        {canPause && <PauseButton printer={printer} nowMs={nowMs} isAgain={isUrgent} />}
        {actions.includes('cancel') && (
          <div className="narrow">
            <StopButton printer={printer} nowMs={nowMs} onAskConfirm={() => setConfirms(true)} />
          </div>
        )}
      </div>
    </>
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
