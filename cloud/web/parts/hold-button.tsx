import { useEffect, useId, useRef, useState } from 'react'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'

const holdMs = 1000
/** How long the second press of a keyboard or a screen reader has. */
const confirmMs = 5000
/** A second press sooner than this was meant for the first. */
const tooSoonMs = 400

export type HoldButtonProps = {
  kind: 'stop' | 'resume'
  onDone: () => void
  /** The second press came into reach or left it; what is shown is the caller's. */
  onAskConfirm: () => void
  title?: string
  hint?: string
}

/** Held for a second it acts; a short press offers the second one, elsewhere. Letting go sooner does nothing. */
export function HoldButton({ kind, onDone, onAskConfirm, title, hint }: HoldButtonProps) {
  const hold = useHold(onDone)
  const howId = useId()
  const name = title ?? texts.dock[kind]
  const saysLeft = kind === 'stop' ? texts.dock.stopsIn : texts.dock.resumesIn
  const isHeld = hold.heldMs !== undefined
  const left = Math.max(0, (holdMs - (hold.heldMs ?? 0)) / 1000)
  const onClick = () => {
    if (!hold.wasDone()) onAskConfirm()
  }
  return (
    <button
      type="button"
      className={`dock-button hold ${kind}${isHeld ? ' held' : ''}`}
      aria-describedby={howId}
      onPointerDown={hold.begin}
      onPointerUp={hold.end}
      onPointerCancel={hold.end}
      onContextMenu={(event) => event.preventDefault()}
      onClick={onClick}
    >
      <span className="ring">
        <svg viewBox="0 0 48 48" aria-hidden="true">
          <circle className="track" cx="24" cy="24" r="20" />
          <circle className="progress" cx="24" cy="24" r="20" />
        </svg>
        <Icon name={kind === 'stop' ? 'stop' : 'play'} solid />
      </span>
      <span className="words">
        {isHeld ? texts.dock.keepHolding : name}
        <small>{isHeld ? saysLeft(left) : (hint ?? texts.dock.hold)}</small>
      </span>
      <span id={howId} hidden>
        {texts.dock.holdHow}
      </span>
    </button>
  )
}

/** The second press: its own button, which stays for five seconds and ignores the press that called it. */
export function ConfirmPress(props: {
  label: string
  kind: 'stop' | 'resume'
  onDone: () => void
  onOver: () => void
}) {
  const { label, kind, onDone, onOver } = props
  const shownAt = useRef(performance.now())
  const over = useRef(onOver)
  over.current = onOver
  useEffect(() => {
    const timer = setTimeout(() => over.current(), confirmMs)
    return () => clearTimeout(timer)
  }, [])
  const press = () => {
    if (performance.now() - shownAt.current < tooSoonMs) return
    onDone()
    onOver()
  }
  return (
    <div className="confirm-press">
      <span className="hidden-text" role="status">
        {texts.dock.confirmSay(label)}
      </span>
      <button type="button" className={`dock-button confirm ${kind}`} onClick={press}>
        {label}
      </button>
      <i className="running-out" />
    </div>
  )
}

function useHold(onDone: () => void) {
  const [heldMs, setHeldMs] = useState<number>()
  const frame = useRef(0)
  const done = useRef(false)
  const latest = useRef(onDone)
  latest.current = onDone

  const end = () => {
    cancelAnimationFrame(frame.current)
    setHeldMs(undefined)
  }
  const begin = (event: React.PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const startMs = performance.now()
    done.current = false
    const step = () => {
      const elapsedMs = performance.now() - startMs
      if (elapsedMs < holdMs) {
        setHeldMs(elapsedMs)
        frame.current = requestAnimationFrame(step)
        return
      }
      done.current = true
      navigator.vibrate?.(30)
      setHeldMs(undefined)
      latest.current()
    }
    step()
  }
  useEffect(() => () => cancelAnimationFrame(frame.current), [])
  /** The click that follows a finished hold is not a press of its own. */
  const wasDone = () => {
    const was = done.current
    done.current = false
    return was
  }
  return { heldMs, begin, end, wasDone }
}
