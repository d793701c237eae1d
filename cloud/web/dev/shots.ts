import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { startMockCloud } from './mock.ts'
import { fillWorkshop } from './scenes.ts'
import type { Shot } from './shot.ts'
import { shots } from './shot-list.ts'
import { createWorld } from './world.ts'

/** Pictures of every screen and state of the built page: `node cloud/web/dev/shots.ts FOLDER [WORD]`. */

const folder = process.argv[2] ?? 'shots'
const word = process.argv[3] ?? ''
const account = { name: 'Ada', email: 'ada@layerwatch.example', password: 'layer by layer' }
const pageDir = fileURLToPath(new URL('../dist', import.meta.url))
const phone = { width: 390, height: 844 }
const desk = { width: 1440, height: 900 }

async function take(
  browser: Browser,
  shot: Shot,
  size: 'phone' | 'desk',
  theme: 'light' | 'dark',
): Promise<void> {
  const world = createWorld()
  const shop = await fillWorkshop(world)
  const cloud = await startMockCloud(world, { account, pageDir, canSendEmail: shot.canSendEmail ?? false })
  const viewport = size === 'phone' ? phone : desk
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: size === 'phone' ? 2 : 1,
    colorScheme: theme,
    hasTouch: size === 'phone',
    locale: 'en-GB',
  })
  await context.addCookies([{ name: 'mock', value: '1', url: cloud.url }])
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') console.log(`${shot.name}: ${message.text()}`)
  })
  page.on('pageerror', (error) => console.log(`${shot.name}: ${error.message}`))
  await shot.play({ world, cloud, page, shop })
  await page.screenshot({ path: `${folder}/${shot.name}-${theme}${size === 'desk' ? '-desk' : ''}.png` })
  await context.close()
  await cloud.close()
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
})
for (const shot of shots.filter((one) => one.name.includes(word))) {
  for (const size of shot.sizes ?? ['phone' as const]) {
    const themes = shot.themes ?? (size === 'desk' ? ['dark' as const] : ['light' as const, 'dark' as const])
    for (const theme of themes) await take(browser, shot, size, theme)
  }
}
await browser.close()
