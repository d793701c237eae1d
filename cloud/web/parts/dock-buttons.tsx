import type { PrinterView } from '@layerwatch/shared/api.ts'
import { askOf } from '../ask-store.ts'
import { type AskPhase, askPhase } from '../asks.ts'
import { useAsks, useSession } from '../context.tsx'
import { exactTime } from '../format.ts'
import { texts } from '../texts.ts'
import { failureText } from '../wording.ts'
import { HoldButton } from './hold-button.tsx'
import { Icon } from './icon.tsx'

/** What a dock is told: the printer, and the time its buttons count by. */
export type DockInner = { printer: PrinterView; nowMs: number }

/** Pause, at once; `isAgain` where one came to nothing before. */
export function PauseButton({ printer, nowMs, isAgain }: DockInner & { isAgain: boolean }) {
  const { asks: store } = useSession()
  const phase = askPhase(askOf(useAsks(), printer.id, 'pause'), nowMs)
  if (phase.kind === 'sent') return <Sent text={texts.dock.sent.pause} seconds={phase.seconds} />
  return (
    <button
      type="button"
      className={`dock-button ${isAgain ? 'unconfirmed' : 'now'}`}
      onClick={() => store.ask(printer, 'pause')}
    >
      <Icon name="pause" solid />
      <span className="words">
        {isAgain ? texts.dock.again.pause : texts.dock.pause}
        <small>{pauseHint(phase, isAgain)}</small>
      </span>
    </button>
  )
}

function pauseHint(phase: AskPhase, isAgain: boolean): string {
  if (phase.kind === 'unconfirmed') return failureText('pause', phase.failure, phase.atMs)
  return isAgain ? texts.dock.notConfirmedHow : texts.dock.pauseHow
}

/** Stop, held for a second; what it came to shows in its place. */
export function StopButton(props: DockInner & { onAskConfirm: () => void }) {
  const { printer, nowMs, onAskConfirm } = props
  const { asks: store } = useSession()
  const phase = askPhase(askOf(useAsks(), printer.id, 'cancel'), nowMs)
  const stop = () => void store.ask(printer, 'cancel')
  if (phase.kind === 'sent') return <Sent text={texts.dock.sent.cancel} seconds={phase.seconds} />
  if (phase.kind !== 'unconfirmed')
    return <HoldButton kind="stop" onDone={stop} onAskConfirm={onAskConfirm} />
  const hint = failureText('cancel', phase.failure, phase.atMs)
  return (
    <HoldButton
      kind="stop"
      title={texts.dock.again.cancel}
      hint={hint}
      onDone={stop}
      onAskConfirm={onAskConfirm}
    />
  )
}

/** Sent is not done: it counts the seconds, and never spins without end. */
export function Sent({ text, seconds }: { text: string; seconds: number }) {
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

type ConfirmedProps = { text: string; at: string | undefined; isLow?: boolean }

/** The printer was read back, with its own time of it. */
export function Confirmed({ text, at, isLow = false }: ConfirmedProps) {
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
