/// <reference lib="webworker" />
import type { NoticeKind, PushMessage } from '@layerwatch/shared/push.ts'

/**
 * The service worker: keeps the page's own files so that it opens without a connection, and shows notifications.
 * It never touches /api: what is known of a printer is never older than the page says.
 */

const worker = self as unknown as ServiceWorkerGlobalScope
const shellCache = 'layerwatch-shell-v1'
const shellPath = '/'
const networkWithinMs = 3000
/** What a person must not miss. */
const alarms: readonly string[] = ['confirmed', 'paused', 'pause-failed'] satisfies NoticeKind[]

worker.addEventListener('install', (event) => {
  event.waitUntil(refreshShell().then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOtherCaches().then(() => worker.clients.claim()))
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin || url.pathname.startsWith('/api'))
    return
  if (request.mode === 'navigate') event.respondWith(answerNavigation(request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(answerAsset(request))
})

worker.addEventListener('push', (event) => {
  const message = readMessage(event.data)
  const isAlarm = alarms.includes(message.kind)
  // A new word of an episode replaces the older one, and calls again only where it is an alarm.
  const options: NotificationOptions & { renotify: boolean } = {
    body: message.body,
    icon: '/icons/icon-192.png',
    badge: '/icons/badge-96.png',
    tag: message.tag,
    data: { path: message.path },
    requireInteraction: isAlarm,
    renotify: isAlarm,
  }
  event.waitUntil(worker.registration.showNotification(message.title, options))
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const data: unknown = event.notification.data
  event.waitUntil(openPage(pathOf(data)))
})

/** The network's page if it comes soon, else the kept one: both then show live or last known data by themselves. */
async function answerNavigation(request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(networkWithinMs) })
    if (response.ok) void refreshShell()
    return response
  } catch {
    return (await caches.match(shellPath)) ?? Response.error()
  }
}

/** Hashed files never change. */
async function answerAsset(request: Request): Promise<Response> {
  const kept = await caches.match(request)
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) await (await caches.open(shellCache)).put(request, response.clone())
  return response
}

/** Keeps the newest page with the files it names, and lets go of those it names no longer. */
async function refreshShell(): Promise<void> {
  const response = await fetch(shellPath, { cache: 'no-store' })
  if (!response.ok) return
  const cache = await caches.open(shellCache)
  const html = await response.clone().text()
  const named = [...html.matchAll(/(?:src|href)="(\/(?:assets|icons)\/[^"]+)"/g)].map(
    (match) => match[1] ?? '',
  )
  await cache.addAll(await missingFrom(cache, named))
  await cache.put(shellPath, response)
  const wanted = new Set([shellPath, ...named])
  for (const request of await cache.keys()) {
    if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request)
  }
}

async function missingFrom(cache: Cache, paths: readonly string[]): Promise<string[]> {
  const kept = await Promise.all(paths.map((path) => cache.match(path)))
  return paths.filter((_, index) => kept[index] === undefined)
}

async function dropOtherCaches(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== shellCache).map((name) => caches.delete(name)))
}

async function openPage(path: string): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window' })
  const page = pages[0]
  if (!page) {
    await worker.clients.openWindow(path)
    return
  }
  await page.focus()
  await page.navigate(path)
}

type Shown = Record<'kind' | 'title' | 'body' | 'tag' | 'path', string>

/** Reads a `PushMessage`; one that this version does not understand still says that something happened. */
function readMessage(data: PushMessageData | null): Shown {
  const fields = fieldsOf(parse(data?.text() ?? ''))
  const text = (name: keyof PushMessage, fallback: string) => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' ? value : fallback
  }
  return {
    kind: text('kind', 'confirmed'),
    title: text('title', 'Layerwatch'),
    body: text('body', 'A printer needs you.'),
    tag: text('tag', 'layerwatch'),
    path: safePath(text('path', '/')),
  }
}

function pathOf(data: unknown): string {
  const { path } = fieldsOf(data)
  return safePath(typeof path === 'string' ? path : '/')
}

/** A notification opens this page and no other. */
function safePath(address: string): string {
  const url = URL.parse(address, worker.location.origin)
  return url?.origin === worker.location.origin ? url.pathname : '/'
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
