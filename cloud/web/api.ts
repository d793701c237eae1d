import {
  ApiProblem,
  type CommandRequest,
  CommandView,
  DeviceView,
  IncidentView,
  LayerView,
  MeView,
  NotificationTestView,
  PairingView,
  PrinterView,
  PrintView,
  type PushSubscriptionRequest,
  type ResolveRequest,
  SetupView,
} from '@layerwatch/shared/api.ts'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrintVerdictRequest } from '@layerwatch/shared/marks.ts'
import {
  ActDone,
  ActView,
  type Channel,
  type ContactKind,
  ContactMade,
  type ContactRequest,
  ContactsView,
  TelegramCode,
} from '@layerwatch/shared/notify.ts'
import { type PreferencesPatch, PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import { z } from 'zod'

const timeoutMs = 10_000

/** The cloud understood and said no; `status` 401 means that nobody is signed in. */
export class Refusal extends RejectedError {
  readonly status: number
  readonly problem: ApiProblem

  constructor(status: number, problem: ApiProblem) {
    super(problem.message)
    this.status = status
    this.problem = problem
  }
}

type Sent = {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

export const getSetup = (signal?: AbortSignal) => read('/api/setup', SetupView, signal)
export const getMe = (signal?: AbortSignal) => read('/api/me', MeView, signal)
export const getPrinterPrints = (printerId: string, signal?: AbortSignal) =>
  read(`/api/printers/${encodeURIComponent(printerId)}/prints`, z.array(PrintView), signal)
export const getPrint = (printId: string, signal?: AbortSignal) =>
  read(`/api/prints/${encodeURIComponent(printId)}`, PrintView, signal)
export const getLayers = (printId: string, signal?: AbortSignal) =>
  read(`/api/prints/${encodeURIComponent(printId)}/layers`, z.array(LayerView), signal)
export const getPrinters = (signal?: AbortSignal) => read('/api/printers', z.array(PrinterView), signal)
export const getIncidents = (signal?: AbortSignal) => read('/api/incidents', z.array(IncidentView), signal)
export const getIncident = (incidentId: string, signal?: AbortSignal) =>
  read(`/api/incidents/${encodeURIComponent(incidentId)}`, IncidentView, signal)
export const getDevices = (signal?: AbortSignal) => read('/api/devices', z.array(DeviceView), signal)
export const getPairing = (pairingId: string, signal?: AbortSignal) =>
  read(`/api/pairings/${encodeURIComponent(pairingId)}`, PairingView, signal)
export const snapshotUrl = (snapshotId: string) => `/api/snapshots/${encodeURIComponent(snapshotId)}.jpg`

/** Signs in; throws a `Refusal` where e-mail and password do not fit. */
export async function signIn(credentials: { email: string; password: string }): Promise<void> {
  await send('/api/auth/sign-in/email', { method: 'POST', body: credentials })
}

export type NewAccount = { name: string; email: string; password: string; setupToken?: string | undefined }

/** Makes an account and signs it in; the first owner's needs the set-up token. */
export async function signUp({ setupToken, ...account }: NewAccount): Promise<void> {
  const headers: Record<string, string> = setupToken ? { 'x-setup-token': setupToken } : {}
  await send('/api/auth/sign-up/email', { method: 'POST', body: account, headers })
}

export async function signOut(): Promise<void> {
  await send('/api/auth/sign-out', { method: 'POST', body: {} })
}

/** Asks for a command once: a repeat with the same key is the same command. */
export async function sendCommand(
  printerId: string,
  request: CommandRequest,
  idempotencyKey: string,
): Promise<CommandView> {
  const path = `/api/printers/${encodeURIComponent(printerId)}/commands`
  const sent = { method: 'POST', body: request, headers: { 'idempotency-key': idempotencyKey } }
  try {
    return parse(path, CommandView, await send(path, sent))
  } catch (error) {
    // A phone's first request after a pause often meets a dead connection; the key makes a second try safe.
    if (!(error instanceof UnavailableError)) throw error
    return parse(path, CommandView, await send(path, sent))
  }
}

export async function acknowledgeIncident(incidentId: string): Promise<void> {
  await send(`/api/incidents/${encodeURIComponent(incidentId)}/acknowledge`, { method: 'POST', body: {} })
}

export async function resolveIncident(incidentId: string, said: ResolveRequest): Promise<void> {
  const path = `/api/incidents/${encodeURIComponent(incidentId)}/resolve`
  await send(path, { method: 'POST', body: said })
}

/** Says what a print was; its printer learns from it. */
export async function sayOfPrint(printId: string, said: PrintVerdictRequest): Promise<PrintView> {
  const path = `/api/prints/${encodeURIComponent(printId)}/verdict`
  return parse(path, PrintView, await send(path, { method: 'PUT', body: said }))
}

export async function startPairing(): Promise<PairingView> {
  return parse('/api/pairings', PairingView, await send('/api/pairings', { method: 'POST', body: {} }))
}

export async function removeDevice(deviceId: string): Promise<void> {
  await send(`/api/devices/${encodeURIComponent(deviceId)}`, { method: 'DELETE' })
}

export async function addPushSubscription(subscription: PushSubscriptionRequest): Promise<void> {
  await send('/api/push-subscriptions', { method: 'POST', body: subscription })
}

export async function removePushSubscription(endpoint: string): Promise<void> {
  await send('/api/push-subscriptions', { method: 'DELETE', body: { endpoint } })
}

export const getContacts = (signal?: AbortSignal) => read('/api/contacts', ContactsView, signal)

export async function connectContact(contact: ContactRequest): Promise<ContactMade> {
  return parse('/api/contacts', ContactMade, await send('/api/contacts', { method: 'POST', body: contact }))
}

/** Makes a code that connects the Telegram chat it is sent from. */
export async function startTelegram(): Promise<TelegramCode> {
  const path = '/api/contacts/telegram'
  return parse(path, TelegramCode, await send(path, { method: 'POST', body: {} }))
}

export async function disconnectContact(kind: ContactKind): Promise<void> {
  await send('/api/contacts', { method: 'DELETE', body: { kind } })
}

export const getPreferences = (signal?: AbortSignal) => read('/api/preferences', PreferencesView, signal)

/** Changes how one is told: what is named; the rest stays. */
export async function changePreferences(patch: PreferencesPatch): Promise<PreferencesView> {
  const path = '/api/preferences'
  return parse(path, PreferencesView, await send(path, { method: 'PATCH', body: patch }))
}

/** Sends a real message on one channel. */
export async function testChannel(channel: Channel): Promise<NotificationTestView> {
  const path = '/api/notifications/test'
  return parse(path, NotificationTestView, await send(path, { method: 'POST', body: { channel } }))
}

/** What a notification's link is for. It changes nothing. */
export async function lookAtAct(token: string, signal: AbortSignal): Promise<ActView> {
  const path = '/api/acts/look'
  return parse(path, ActView, await send(path, { method: 'POST', body: { token }, signal }))
}

/** Does it; a repeat is the same act, done once. */
export async function performAct(token: string): Promise<ActDone> {
  return parse('/api/acts', ActDone, await send('/api/acts', { method: 'POST', body: { token } }))
}

/** A random key that also works where the page is not served over HTTPS and `crypto.randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function read<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  return parse(path, schema, await send(path, { signal }))
}

function parse<T>(path: string, schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new ProtocolError(`unexpected answer from ${path}`, { cause: parsed.error })
}

async function send(path: string, { method = 'GET', body, headers = {}, signal }: Sent): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const response = await request(path, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: 'same-origin',
    cache: 'no-store',
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  const problem = ApiProblem.safeParse(answer)
  if (!problem.success && response.status >= 500) {
    throw new UnavailableError(`the cloud answered ${response.status}`)
  }
  throw new Refusal(response.status, problem.data ?? { code: 'unknown', message: '' })
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    if (init.signal?.reason instanceof DOMException && init.signal.reason.name === 'AbortError') throw cause
    throw new UnavailableError('the cloud did not answer', { cause })
  }
}
