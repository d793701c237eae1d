import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { ActView } from '@layerwatch/shared/notify.ts'
import { useEffect, useState } from 'react'
import { lookAtAct, performAct, Refusal } from '../api.ts'
import { Icon, Mark } from '../parts/icon.tsx'
import { Problem } from '../parts/problem.tsx'
import { texts } from '../texts.ts'
import { actTexts as words } from '../texts-notifications.ts'
import './act.css'

type State =
  | { kind: 'reading' }
  | { kind: 'asking'; view: ActView; isBusy: boolean; problem?: string }
  | { kind: 'done'; view: ActView }
  | { kind: 'over'; why: string }

/**
 * Where a link of a notification leads: it says what would be done, and does it once a person presses. No session
 * is needed, so nothing else is shown. The token is behind the hash, which is never sent with an address.
 */
export function Act() {
  const [token] = useState(() => location.hash.slice(1))
  const [state, setState] = useState<State>({ kind: 'reading' })
  useEffect(() => {
    const stop = new AbortController()
    lookAtAct(token, stop.signal).then(
      (view) => setState({ kind: 'asking', view, isBusy: false }),
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ kind: 'over', why: problemOf(error) })
      },
    )
    return () => stop.abort()
  }, [token])
  const press = async (view: ActView) => {
    setState({ kind: 'asking', view, isBusy: true })
    try {
      await performAct(token)
      setState({ kind: 'done', view })
    } catch (error) {
      setState({ kind: 'asking', view, isBusy: false, problem: problemOf(error) })
    }
  }
  return (
    <main className="act">
      <span className="brand">
        <Mark />
        {texts.name}
      </span>
      {state.kind === 'asking' && <Asking {...state} onPress={() => press(state.view)} />}
      {state.kind === 'done' && (
        <section className="panel" role="status">
          <h1 className="page-title">{words[state.view.act].done}</h1>
          <p>{words[state.view.act].after}</p>
        </section>
      )}
      {state.kind === 'over' && (
        <section className="panel" role="alert">
          <h1 className="page-title">{words.over}</h1>
          <p>{state.why}</p>
        </section>
      )}
      {state.kind !== 'reading' && (
        <a className="button wide" href="/">
          {words.open}
        </a>
      )}
    </main>
  )
}

type AskingProps = { view: ActView; isBusy: boolean; problem?: string; onPress: () => void }

function Asking({ view, isBusy, problem, onPress }: AskingProps) {
  const { act, printerName, job, said } = view
  return (
    <section className="panel">
      <h1 className="page-title">
        {words[act].title} <bdi className="name">{printerName}</bdi>
      </h1>
      <p>{said}.</p>
      <p className="detail">
        <bdi className="name">{job}</bdi>
      </p>
      <p className="detail">{words[act].what}</p>
      <button type="button" className="button primary wide" disabled={isBusy} onClick={onPress}>
        <Icon name={act === 'pause' ? 'pause' : 'check'} solid={act === 'pause'} />
        {isBusy ? words.sending : words[act].press}
      </button>
      <Problem text={problem} />
    </section>
  )
}

function problemOf(error: unknown): string {
  if (error instanceof UnavailableError) return texts.problem.unreachable
  return error instanceof Refusal && error.message ? error.message : texts.problem.unexpected
}
