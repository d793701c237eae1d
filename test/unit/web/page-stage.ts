import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { type MockCloud, startMockCloud } from '../../../cloud/web/dev/mock.ts'
import { fillWorkshop } from '../../../cloud/web/dev/scenes.ts'
import { createWorld, type World } from '../../../cloud/web/dev/world.ts'

/** The built page in Chromium at the size of a phone, over a pretended cloud with a workshop of four printers. */

const root = path.resolve(import.meta.dirname, '../../..')
const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file))

/** Why the page cannot be tried here; false where it can. */
export const cannotPlay = chromiumPath === undefined ? 'Chromium is not installed' : false

export const account = { name: 'Ada', email: 'ada@layerwatch.example', password: 'layer by layer' }
export const setupToken = 'first-owner'

export type Stage = {
  world: World
  cloud: MockCloud
  page: Page
  context: BrowserContext
  shop: Awaited<ReturnType<typeof fillWorkshop>>
}

export type StageOptions = {
  /** No account exists yet. */
  isNew?: boolean
  /** For scripts of the test itself, which the page's policy would forbid. */
  bypassCSP?: boolean
  /** Pixels of the screen to one of the page; many phones and scaled desktops have no whole number. */
  pixelRatio?: number
}

export type Theatre = {
  play: (act: (stage: Stage) => Promise<void>, options?: StageOptions) => Promise<void>
  close: () => Promise<void>
}

/** Builds the page once and starts a browser; each play has its own cloud, world and profile. */
export async function openTheatre(): Promise<Theatre> {
  const pageDir = await mkdtemp(path.join(tmpdir(), 'layerwatch-page-'))
  const configFile = path.join(root, 'cloud/web/vite.config.ts')
  await build({ configFile, logLevel: 'error', build: { outDir: pageDir } })
  const world = createWorld()
  const workshop = { world, shop: await fillWorkshop(world) }
  const browser = await chromium.launch({
    executablePath: chromiumPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })

  const play: Theatre['play'] = async (act, { isNew = false, bypassCSP = false, pixelRatio = 1 } = {}) => {
    const { world, shop } = structuredClone(workshop)
    const cloud = await startMockCloud(world, { pageDir, setupToken, ...(isNew ? {} : { account }) })
    const viewport = { width: 390, height: 844 }
    const context = await browser.newContext({
      viewport,
      hasTouch: true,
      bypassCSP,
      deviceScaleFactor: pixelRatio,
    })
    context.setDefaultTimeout(15_000)
    if (!isNew) await context.addCookies([{ name: 'mock', value: '1', url: cloud.url }])
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    try {
      await act({ world, cloud, page, context, shop })
      assert.deepEqual(errors, [])
    } finally {
      await context.close()
      await cloud.close()
    }
  }
  const close = async () => {
    await browser.close()
    await rm(pageDir, { recursive: true, force: true })
  }
  return { play, close }
}
