import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { PrinterView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { signIn } from '../../deploy/local/cloud-client.ts'
import { type LocalProcess, startProcess } from '../../deploy/local/processes.ts'
import { hold, keepScreen, openPhone, signInOnPhone } from '../setup/phone.ts'
import { findFreePort } from '../setup/ports.ts'
import { waitUntil } from '../setup/wait.ts'

/** `npm start`, from sign-in to pause to stop, as somebody with a phone lives it. */

interface Started {
  running: LocalProcess
  url: string
  account: { email: string; password: string }
  /** All it said on the terminal. */
  said: string[]
}

async function start(dataDir: string, port: number): Promise<Started> {
  const said: string[] = []
  const running = startProcess({
    name: 'npm start',
    args: ['deploy/start.ts', '--data', dataDir, '--port', String(port)],
    onLine: (line) => said.push(line),
  })
  await running.says((line) => /Ctrl-C stops/.test(String(line)) || undefined, 120_000)
  const after = (label: string) =>
    said
      .find((line) => line.includes(label))
      ?.trim()
      .split(/\s+/)
      .at(-1) ?? ''
  return {
    running,
    url: after('Page  '),
    account: { email: after('Sign in  '), password: after('Password  ') },
    said,
  }
}

test('a newcomer sees the demo fail, be paused, and stops it', { timeout: 300_000 }, async (t) => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'layerwatch-demo-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const port = await findFreePort()
  const first = await start(dataDir, port)
  t.after(() => first.running.stop())
  const page = await openPhone(t)

  await t.test('the way in that the terminal tells works', async () => {
    await signInOnPhone(page, first.url, first.account)
    await page.getByRole('link', { name: 'Demo printer' }).waitFor()
    await keepScreen(page, 'home-printing')
  })

  await t.test('the print grows layer by layer on the page', async () => {
    await page.getByRole('link', { name: 'Demo printer' }).click()
    const strip = page.getByRole('slider', { name: 'Layer strip' })
    const newestLayer = async () => Number(await strip.getAttribute('aria-valuemax'))
    const early = await waitUntil('the strip has layers', async () => (await newestLayer()) || undefined, {
      timeoutMs: 60_000,
    })
    await waitUntil('the strip grew', async () => (await newestLayer()) > early, { timeoutMs: 60_000 })
    await keepScreen(page, 'printer-printing')
  })

  await t.test('the shipped model sees the failure and the agent pauses', async () => {
    await page
      .getByText(/Paused by Layerwatch/)
      .first()
      .waitFor({ timeout: 180_000 })
    await keepScreen(page, 'printer-paused')
    for (const change of ['defect confirmed', 'pausing the printer', 'printer paused']) {
      assert.ok(
        first.said.some((line) => line.includes(change)),
        `the terminal says: ${change}`,
      )
    }
  })

  await t.test('the incident shows the picture, the boxes and the layer', async () => {
    await page.getByRole('link', { name: 'See what happened' }).first().click()
    await page
      .getByText(/Paused by Layerwatch/)
      .first()
      .waitFor()
    const isShown = async () =>
      (await page
        .locator('.pair img')
        .evaluateAll(
          (images) =>
            images.filter((image) => 'naturalWidth' in image && Number(image.naturalWidth) > 0).length,
        )) === 2
    await waitUntil('both pictures are on the page', isShown, { timeoutMs: 30_000 })
    await page
      .getByText(/layer \d+ of \d+/)
      .first()
      .waitFor()
    await keepScreen(page, 'incident')
  })

  await t.test('a short press stops nothing; holding Stop for a second does', async () => {
    const client = await signIn(first.url, first.account)
    const state = async () => z.array(PrinterView).parse(await client.get('/api/printers'))[0]?.state
    const stop = page.getByRole('button', { name: /^Stop/ })
    await hold(page, stop, 200)
    assert.equal(await state(), 'paused')
    // The second press is offered, and taken away again.
    await page.getByRole('button', { name: 'Yes, stop this print' }).waitFor({ state: 'hidden' })
    await hold(page, stop, 1200)
    await page.getByText('Stopped, printer confirmed').waitFor()
    await keepScreen(page, 'incident-stopped')
    assert.match((await state()) ?? '', /^(cancelled|idle)$/)
  })

  await t.test('after kill -9 the next start works, with all that was there', async () => {
    const children = z
      .object({ children: z.array(z.number()) })
      .parse(JSON.parse(readFileSync(path.join(dataDir, 'running.json'), 'utf8'))).children
    const before = await listIncidents(first)
    await first.running.kill()
    const second = await start(dataDir, port)
    t.after(() => second.running.stop())
    assert.deepEqual(children.filter(isAlive), [], 'nothing of the first start is left')
    assert.deepEqual(second.account, first.account)
    const kept = await listIncidents(second)
    assert.deepEqual(
      kept.filter(({ id }) => before.some((one) => one.id === id)),
      before,
    )
    // A suspicion that passed before the failure was plain is one of its own.
    assert.equal(kept.filter(({ severity }) => severity === 'confirmed').length, 1)
    await second.running.stop()
    assert.equal(await second.running.ended, 0)
    assert.ok(!readdirSync(dataDir).includes('running.json'))
  })
})

async function listIncidents({ url, account }: Pick<Started, 'url' | 'account'>) {
  const client = await signIn(url, account)
  const Listed = z.object({ id: z.string(), severity: z.string() })
  return z.array(Listed).parse(await client.get('/api/incidents'))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
