import type { Page } from 'playwright-core'
import type { MockCloud } from './mock.ts'
import type { fillWorkshop } from './scenes.ts'
import type { World } from './world.ts'

/** A screen or state worth a look, and how to get there. */

type Workshop = Awaited<ReturnType<typeof fillWorkshop>>
export type Stage = { world: World; cloud: MockCloud; page: Page; shop: Workshop }
export type Shot = {
  name: string
  sizes?: ('phone' | 'desk')[]
  themes?: ('light' | 'dark')[]
  /** Whether this cloud has a mail account; it has none by default. */
  canSendEmail?: boolean
  play: (stage: Stage) => Promise<void>
}

/** Goes to an address and waits for what it shows. */
export const open = async ({ cloud, page }: Stage, path: string) => {
  await page.goto(`${cloud.url}${path}`)
  await page.waitForTimeout(900)
}
