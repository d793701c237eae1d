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

/** The page of the alarm that the workshop has, with its failure in the live picture. */
export const incidentPath = ({ shop, world }: Stage) => {
  world.live.detections = [{ label: 'spaghetti', score: 0.96, box: [0.26, 0.44, 0.46, 0.34] }]
  return `/incidents/${world.printers.get(shop.left.id)?.incident?.id}`
}
