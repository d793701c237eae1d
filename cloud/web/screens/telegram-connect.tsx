import type { ContactView, TelegramCode } from '@layerwatch/shared/notify.ts'
import { useEffect, useRef, useState } from 'react'
import { startTelegram } from '../api.ts'
import { useNow } from '../context.tsx'
import { Problem } from '../parts/problem.tsx'
import { problemOf } from '../problem-of.ts'
import { notificationTexts as words } from '../texts-notifications.ts'

type Props = {
  /** As it stood when the code was made, and as it stands now. */
  contact: ContactView | undefined
  /** Asks anew how the channels stand. */
  onLook: () => void
  onDone: () => void
}

const lookEveryMs = 3000

/** A code to send to the bot; the chat it comes from is connected, and this closes by itself. */
export function TelegramConnect({ contact, onLook, onDone }: Props) {
  const [code, setCode] = useState<TelegramCode>()
  const [problem, setProblem] = useState<string>()
  const before = useRef(contact?.connectedAt)
  const nowMs = useNow(1000)
  const begin = () => {
    setProblem(undefined)
    startTelegram().then(setCode, (error: unknown) => setProblem(problemOf(error)))
  }
  useEffect(begin, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `onLook` is made anew at each drawing
  useEffect(() => {
    const timer = setInterval(onLook, lookEveryMs)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (contact && contact.connectedAt !== before.current) onDone()
  }, [contact, onDone])
  const secondsLeft = code ? (Date.parse(code.expiresAt) - nowMs) / 1000 : 0
  return (
    <div className="connect">
      {code && secondsLeft > 0 && (
        <>
          <p>{words.telegram.send(code.bot)}</p>
          <p className="chat-code">{code.code}</p>
          <p className="detail">{words.telegram.goodFor(secondsLeft)}</p>
        </>
      )}
      {code && secondsLeft <= 0 && <p className="detail">{words.telegram.over}</p>}
      <Problem text={problem} />
      <div className="acts">
        {code && secondsLeft > 0 ? (
          <a className="button primary" href={code.link} target="_blank" rel="noreferrer">
            {words.telegram.open}
          </a>
        ) : (
          (problem || code) && (
            <button type="button" className="button primary" onClick={begin}>
              {words.telegram.again}
            </button>
          )
        )}
        <button type="button" className="button" onClick={onDone}>
          {words.never}
        </button>
      </div>
    </div>
  )
}
