import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import type { Account } from '../../deploy/local/cloud-client.ts'
import { findChromium } from './chromium.ts'

const screens = path.resolve(import.meta.dirname, '../e2e/screens')

/** A browser of the size of a phone, which ends with the test. */
export async function openPhone(t: TestContext): Promise<Page> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium is not installed: run npm test')
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  return page
}

export async function signInOnPhone(page: Page, url: string, account: Account): Promise<void> {
  await page.goto(url)
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Printers' }).waitFor()
}

/** Holds a button down as a thumb does. */
export async function hold(page: Page, button: Locator, ms: number): Promise<void> {
  const box = await button.boundingBox()
  if (!box) throw new Error('the button is not on screen')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  await page.waitForTimeout(ms)
  await page.mouse.up()
}

/** Keeps a picture of the page, for people to look at. */
export async function keepScreen(page: Page, name: string): Promise<void> {
  mkdirSync(screens, { recursive: true })
  await page.screenshot({ path: path.join(screens, `${name}.png`) })
}
