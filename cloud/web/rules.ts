import { type PreferencesPatch, PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import { useRef, useState } from 'react'
import { changePreferences, getPreferences } from './api.ts'
import { useRead } from './context.tsx'
import { problemOf } from './problem-of.ts'

/** How a person wants to be told, as it is on screen, and a way to change it. */
export type Rules = {
  view: PreferencesView | undefined
  error: unknown
  /** What the last change came to. */
  outcome: 'saved' | undefined
  problem: string | undefined
  change: (patch: PreferencesPatch) => void
}

/** Changes show at once and are sent one after the other; one that is refused is taken back. */
export function usePreferenceRules(): Rules {
  const read = useRead('preferences', getPreferences)
  const [shown, setShown] = useState<PreferencesView>()
  const [problem, setProblem] = useState<string>()
  const [outcome, setOutcome] = useState<'saved'>()
  const queue = useRef({ last: Promise.resolve(), count: 0 })
  const view = shown ?? read.data
  const change = (patch: PreferencesPatch) => {
    if (!view) return
    const { timeZone = view.timeZone, ...rules } = patch
    const next = PreferencesView.safeParse({ ...view, timeZone, rules: { ...view.rules, ...rules } })
    // Half typed, or what cannot be: the field says so itself.
    if (!next.success) return
    setShown(next.data)
    setProblem(undefined)
    setOutcome(undefined)
    const mine = ++queue.current.count
    const isLast = () => queue.current.count === mine
    queue.current.last = queue.current.last
      .then(() => changePreferences(patch))
      .then((saved) => {
        if (!isLast()) return
        setShown(saved)
        setOutcome('saved')
      })
      .catch((failure: unknown) => {
        setProblem(problemOf(failure))
        setShown(undefined)
        read.again()
      })
  }
  return { view, error: read.error, outcome, problem, change }
}
