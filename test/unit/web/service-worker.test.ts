import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { z } from 'zod'
import { cannotPlay, openTheatre, type Theatre } from './page-stage.ts'

/** https://chromedevtools.github.io/devtools-protocol/tot/ServiceWorker/ */

describe('the service worker', { skip: cannotPlay, timeout: 120_000 }, () => {
  let theatre: Theatre

  before(async () => {
    theatre = await openTheatre()
  })

  after(() => theatre?.close())

  test('the page opens without a connection, and nothing of the API is kept', () =>
    theatre.play(async ({ page, cloud, context }) => {
      await page.goto(cloud.url)
      await page.getByRole('heading', { name: 'Two printers need you' }).waitFor()
      await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
      await context.setOffline(true)
      cloud.setReachable(false)
      await page.reload()
      await page.getByText(/^(No connection|Connecting)\. Last known/).waitFor()
      await page.getByRole('article').first().getByText('Last known: Paused by Layerwatch').waitFor()
      const kept = z.array(z.string()).parse(await page.evaluate(keptPaths))
      assert.ok(kept.includes('/'))
      assert.deepEqual(
        kept.filter((address) => address.startsWith('/api')),
        [],
      )
    }))

  test('a push becomes a notification that leads into this page only', () =>
    theatre.play(async ({ page, cloud, context }) => {
      await context.grantPermissions(['notifications'])
      await page.goto(cloud.url)
      await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
      const message = { kind: 'paused', title: 'Paused by Layerwatch', body: 'Left bench', tag: 'episode-1' }
      await deliver(context, page, { ...message, path: 'https://elsewhere.example/incidents/1' })
      assert.deepEqual(await shownNotifications(page, 'Paused by Layerwatch'), [
        { title: 'Paused by Layerwatch', body: 'Left bench', path: '/' },
      ])
      await deliver(context, page, { ...message, title: 'Resumed', path: '/incidents/2' })
      assert.deepEqual(await shownNotifications(page, 'Resumed'), [
        { title: 'Resumed', body: 'Left bench', path: '/incidents/2' },
      ])
    }))

  test('a push of a later version still says that a printer needs somebody', () =>
    theatre.play(async ({ page, cloud, context }) => {
      await context.grantPermissions(['notifications'])
      await page.goto(cloud.url)
      await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
      await deliver(context, page, { news: 1 })
      assert.deepEqual(await shownNotifications(page, 'Layerwatch'), [
        { title: 'Layerwatch', body: 'A printer needs you.', path: '/' },
      ])
    }))
})

const keptPaths = `
  caches.keys()
    .then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys()))))
    .then((lists) => lists.flat().map((request) => new URL(request.url).pathname))`

async function deliver(context: BrowserContext, page: Page, message: unknown): Promise<void> {
  const session = await context.newCDPSession(page)
  const registration = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const id = registrations[0]?.registrationId
      if (id !== undefined) resolve(id)
    })
  })
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.deliverPushMessage', {
    origin: new URL(page.url()).origin,
    registrationId: await registration,
    data: JSON.stringify(message),
  })
  await session.detach()
}

const Shown = z.array(z.object({ title: z.string(), body: z.string(), path: z.string() }))

/** Waits until the system shows the title; `deliver` returns before it does. */
async function shownNotifications(page: Page, title: string): Promise<z.infer<typeof Shown>> {
  const endMs = Date.now() + 8000
  for (;;) {
    const shown = Shown.parse(await page.evaluate(readNotifications))
    if (shown.some((one) => one.title === title) || Date.now() > endMs) return shown
  }
}

const readNotifications = `
  navigator.serviceWorker.ready.then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body, data }) => ({ title, body, path: data.path })))`
