import type { IncidentView, LayerView, MeView, PrinterView, SetupView } from '@layerwatch/shared/api.ts'
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { getIncident } from './api.ts'
import type { AskStore, Asks } from './ask-store.ts'
import { withIncidentLayer } from './incident-layer.ts'
import type { LiveStore } from './live.ts'
import type { LiveState } from './live-state.ts'

/** What every screen of a signed-in person may use. */
export type Session = {
  me: MeView
  setup: SetupView
  live: LiveStore
  asks: AskStore
  reloadMe: () => void
  leave: () => void
}

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('a screen outside of a session')
  return session
}

/** One part of the live state; the component is drawn again only when that part changed. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const { live } = useSession()
  return useSyncExternalStore(live.subscribe, () => select(live.read()))
}

export function useAsks(): Asks {
  const { asks } = useSession()
  return useSyncExternalStore(asks.subscribe, asks.read)
}

export function usePrinter(printerId: string): PrinterView | undefined {
  return useLive((state) => state.printers?.find((printer) => printer.id === printerId))
}

const noLayers: readonly LayerView[] = []

/** A print's layers, read once and then kept current; undefined until they are known. */
export function useLayers(printId: string | undefined): readonly LayerView[] | undefined {
  const { live } = useSession()
  useEffect(() => (printId === undefined ? undefined : live.wantLayers(printId)), [live, printId])
  return useLive((state) => (printId === undefined ? noLayers : state.layers.get(printId)))
}

/** An incident, live where the stream told of it; undefined until it is known. */
export function useIncident(incidentId: string | undefined): Read<IncidentView | undefined> {
  const read = useRead(`incident ${incidentId}`, async (signal) =>
    incidentId === undefined ? undefined : getIncident(incidentId, signal),
  )
  const live = useLive((state) => (incidentId === undefined ? undefined : state.incidents.get(incidentId)))
  return { ...read, data: live ?? read.data }
}

/** A print's layers with the one at which an incident paused it. */
export function useAlarmedLayers(
  printId: string | undefined,
  incident: IncidentView | undefined,
): readonly LayerView[] {
  const layers = useLayers(printId)
  return useMemo(() => withIncidentLayer(layers ?? noLayers, incident), [layers, incident])
}

/** Whether something sent now would leave this phone. */
export function useCanSend(): boolean {
  return useLive((state) => state.link === 'live' || state.link === 'reconnecting')
}

/** The time, told anew every `everyMs`, in step for all who use the same interval. */
export function useNow(everyMs = 1000): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const tick = () => {
      setNowMs(Date.now())
      timer = setTimeout(tick, everyMs - (Date.now() % everyMs))
    }
    tick()
    return () => clearTimeout(timer)
  }, [everyMs])
  return nowMs
}

export type Read<T> = { data: T | undefined; error: unknown; again: () => void }

/** Reads something once, again after each reconnection and on request. `key` names what is read. */
export function useRead<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Read<T> {
  const connection = useLive((state) => state.connection)
  const [round, setRound] = useState(0)
  const [result, setResult] = useState<{ key: string; data: T | undefined; error: unknown }>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` is made anew at each drawing; the key stands for it
  useEffect(() => {
    const stop = new AbortController()
    read(stop.signal).then(
      (data) => setResult({ key, data, error: undefined }),
      (error: unknown) => {
        if (!stop.signal.aborted)
          setResult((last) => ({ key, data: last?.key === key ? last.data : undefined, error }))
      },
    )
    return () => stop.abort()
  }, [key, connection, round])
  const isCurrent = result?.key === key
  return {
    data: isCurrent ? result.data : undefined,
    error: isCurrent ? result.error : undefined,
    again: () => setRound((count) => count + 1),
  }
}
