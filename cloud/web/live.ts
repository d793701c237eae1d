import { LiveChange, PrinterView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { getLayers } from './api.ts'
import { applyChange, emptyState, type LiveState, putLayers } from './live-state.ts'
import { readStream, type ServerEvent } from './sse.ts'

/** The cloud sends at least a comment every 15 s; two of them missing is silence. */
const silenceMs = 35_000
const firstDelayMs = 500
const longestDelayMs = 15_000
const storageKey = 'layerwatch.last-known'

const Stored = z.object({ heardAtMs: z.number(), printers: z.array(PrinterView) })

/**
 * Keeps the page's state current over one stream of changes, resumed for as long as it runs. What was known when
 * the connection went stays, marked with its age, and survives a reload.
 */
export class LiveStore {
  #state: LiveState = emptyState
  #listeners = new Set<() => void>()
  #stop = new AbortController()
  #retryNow: (() => void) | undefined
  #wantedLayers = new Map<string, number>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly read = (): LiveState => this.#state

  /** Begins to listen; `signal` ends it. */
  start(signal: AbortSignal): void {
    this.#stop = new AbortController()
    this.#set({ ...emptyState, ...readStored() })
    signal.addEventListener('abort', () => this.#stop.abort(), { once: true })
    const options = { signal: this.#stop.signal }
    addEventListener('offline', () => this.#set({ ...this.#state, link: 'lost' }), options)
    addEventListener('online', () => this.#retryNow?.(), options)
    document.addEventListener('visibilitychange', () => this.#checkAfterSleep(), options)
    void this.#run(this.#stop.signal)
  }

  /** Forgets everything, also what is stored: the next person at this browser sees none of it. */
  clear(): void {
    localStorage.removeItem(storageKey)
    this.#stop.abort()
    this.#set(emptyState)
  }

  /** Takes in what was read beside the stream. */
  readonly update = (change: (state: LiveState) => LiveState): void => this.#set(change(this.#state))

  /** Reads a print's layers and keeps them current until the returned function is called. */
  readonly wantLayers = (printId: string): (() => void) => {
    this.#wantedLayers.set(printId, (this.#wantedLayers.get(printId) ?? 0) + 1)
    if (!this.#state.layers.has(printId)) void this.#readLayers(printId)
    return () => {
      const wanted = (this.#wantedLayers.get(printId) ?? 1) - 1
      if (wanted > 0) this.#wantedLayers.set(printId, wanted)
      else this.#wantedLayers.delete(printId)
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const handlers = {
        opened: () => {
          failures = 0
          this.#open()
        },
        heard: () => this.#hear(),
        event: (event: ServerEvent) => this.#take(event),
      }
      const end = await readStream('/api/live', handlers, { signal, silenceMs })
      if (signal.aborted) return
      if (end === 'unauthorised') return this.#set({ ...this.#state, link: 'signed-out' })
      failures += 1
      this.#set({ ...this.#state, link: failures === 1 && navigator.onLine ? 'reconnecting' : 'lost' })
      await this.#pause(failures, signal)
    }
  }

  #open(): void {
    const { connection } = this.#state
    this.#set({ ...this.#state, link: 'live', connection: connection + 1, heardAtMs: Date.now() })
    for (const printId of this.#wantedLayers.keys()) void this.#readLayers(printId)
  }

  /** Keeps the time without waking the screen; only the return from silence does. */
  #hear(): void {
    if (this.#state.link === 'live') this.#state = { ...this.#state, heardAtMs: Date.now() }
    else this.#set({ ...this.#state, link: 'live', heardAtMs: Date.now() })
  }

  #take(event: ServerEvent): void {
    if (event.name !== 'change') return
    const change = LiveChange.safeParse(parseJson(event.data))
    // A kind of change of a later version: nothing this page could show.
    if (!change.success) return
    this.#set(applyChange(this.#state, change.data))
    if (change.data.type === 'printers' || change.data.type === 'printer') store(this.#state)
  }

  /** A phone that slept may hold a dead connection: trust it only if something was heard lately. */
  #checkAfterSleep(): void {
    if (document.visibilityState !== 'visible') return
    const { link, heardAtMs } = this.#state
    const isSilent = heardAtMs === undefined || Date.now() - heardAtMs > silenceMs
    if (link === 'live' && isSilent) this.#set({ ...this.#state, link: 'lost' })
    this.#retryNow?.()
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 8))
    const jitterMs = delayMs * (0.5 + Math.random() / 2)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, jitterMs)
      const wake = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#retryNow = wake
      signal.addEventListener('abort', wake, { once: true })
    })
    this.#retryNow = undefined
  }

  async #readLayers(printId: string): Promise<void> {
    try {
      const layers = await getLayers(printId, this.#stop.signal)
      this.#set(putLayers(this.#state, printId, layers))
    } catch {
      // Read again with the next connection; the strip stays as it was.
    }
  }

  #set(state: LiveState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

function store(state: LiveState): void {
  try {
    const { heardAtMs = Date.now(), printers = [] } = state
    localStorage.setItem(storageKey, JSON.stringify({ heardAtMs, printers }))
  } catch {
    // A full or forbidden storage costs only the last known state after a reload.
  }
}

function readStored(): Partial<LiveState> {
  const stored = Stored.safeParse(parseJson(localStorage.getItem(storageKey) ?? ''))
  return stored.success ? stored.data : {}
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
