import type { MeView, SetupView } from '@layerwatch/shared/api.ts'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { changePreferences, getMe, getSetup, Refusal } from './api.ts'
import { AskStore } from './ask-store.ts'
import { type Session, SessionContext, useLive, useNow } from './context.tsx'
import { browserZone } from './format.ts'
import { LiveStore } from './live.ts'
import { Alarm } from './parts/alarm.tsx'
import { Mark } from './parts/icon.tsx'
import { Act } from './screens/act.tsx'
import { AddDevice } from './screens/add-device.tsx'
import { Alerts } from './screens/alerts.tsx'
import { Gone } from './screens/gone.tsx'
import { History } from './screens/history.tsx'
import { Home } from './screens/home.tsx'
import { Incident } from './screens/incident.tsx'
import { Notifications } from './screens/notifications.tsx'
import { Print } from './screens/print.tsx'
import { Printer } from './screens/printer.tsx'
import { SignIn } from './screens/sign-in.tsx'
import { You } from './screens/you.tsx'
import { readStoredSession, storeSession } from './stored-session.ts'
import { texts } from './texts.ts'

type Gate =
  | { kind: 'asking' }
  | { kind: 'unreachable' }
  | { kind: 'out'; setup: SetupView }
  | { kind: 'in'; setup: SetupView; me: MeView }

/** A link of a notification needs nobody signed in; everything else does. */
export function App() {
  return location.pathname === '/act' ? <Act /> : <Gated />
}

/** Who is here decides what is shown; without a connection, whoever was here last sees the last known state. */
function Gated() {
  const [gate, setGate] = useState<Gate>({ kind: 'asking' })
  const look = useCallback(() => {
    void readGate().then(setGate)
  }, [])
  useEffect(look, [look])
  const leave = useCallback(() => {
    storeSession(undefined)
    look()
  }, [look])
  if (gate.kind === 'asking') return <Splash />
  if (gate.kind === 'unreachable') return <Splash onAgain={look} />
  if (gate.kind === 'out') return <SignIn setup={gate.setup} onSignedIn={look} />
  return <SignedIn key={gate.me.personId} me={gate.me} setup={gate.setup} reloadMe={look} leave={leave} />
}

async function readGate(): Promise<Gate> {
  try {
    const setup = await getSetup()
    const me = await getMe().catch((error: unknown) => {
      if (error instanceof Refusal && error.status === 401) return undefined
      throw error
    })
    storeSession(me && { setup, me })
    return me ? { kind: 'in', setup, me } : { kind: 'out', setup }
  } catch {
    const stored = readStoredSession()
    return stored ? { kind: 'in', ...stored } : { kind: 'unreachable' }
  }
}

function SignedIn(props: Pick<Session, 'me' | 'setup' | 'reloadMe' | 'leave'>) {
  const { me, setup, reloadMe, leave } = props
  const stores = useMemo(() => {
    const live = new LiveStore()
    return { live, asks: new AskStore(live) }
  }, [])
  useEffect(() => {
    const stop = new AbortController()
    stores.live.start(stop.signal)
    stores.asks.start(stop.signal)
    return () => stop.abort()
  }, [stores])
  useEffect(() => {
    // The first browser says where its person is; later that is the person's to change.
    if (me.timeZone === undefined) void changePreferences({ timeZone: browserZone() }).catch(() => {})
  }, [me.timeZone])
  const session = useMemo(() => {
    const leaveAndForget = () => {
      stores.live.clear()
      leave()
    }
    return { me, setup, reloadMe, leave: leaveAndForget, ...stores }
  }, [me, setup, reloadMe, leave, stores])
  return (
    <SessionContext value={session}>
      <Screens leave={session.leave} />
      <Alarm />
    </SessionContext>
  )
}

function Screens({ leave }: { leave: () => void }) {
  const isSignedOut = useLive((state) => state.link === 'signed-out')
  useEffect(() => {
    if (isSignedOut) leave()
  }, [isSignedOut, leave])
  useScrollToTop()
  return (
    <Switch>
      <Route path="/" component={Home} />
      <Route path="/printers/:id">{({ id }) => <Printer key={id} printerId={id} />}</Route>
      <Route path="/incidents/:id">{({ id }) => <Incident key={id} incidentId={id} />}</Route>
      <Route path="/prints/:id">{({ id }) => <Print key={id} printId={id} />}</Route>
      <Route path="/alerts" component={Alerts} />
      <Route path="/history" component={History} />
      <Route path="/you" component={You} />
      <Route path="/you/notifications" component={Notifications} />
      <Route path="/devices/add" component={AddDevice} />
      <Route>
        <Gone title={texts.problem.pageGone} />
      </Route>
    </Switch>
  )
}

function useScrollToTop(): void {
  const [path] = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is not read, but each change of screen begins at the top
  useEffect(() => {
    // Newer browsers answer with a promise, which is no clean-up.
    void window.scrollTo(0, 0)
  }, [path])
}

/** While nothing is known yet; it says so only after a moment, so that a quick start does not flicker. */
function Splash({ onAgain }: { onAgain?: () => void }) {
  const [startedAtMs] = useState(() => Date.now())
  const isSlow = useNow(500) - startedAtMs > 800
  return (
    <main className="splash">
      <Mark />
      {onAgain ? (
        <>
          <p role="alert">{texts.problem.unreachable}</p>
          <button type="button" className="button" onClick={onAgain}>
            {texts.tryAgain}
          </button>
        </>
      ) : (
        <p>{isSlow ? texts.connecting(undefined, 0) : ''}</p>
      )}
    </main>
  )
}
