import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { defaultRules } from '@layerwatch/shared/notify-rules.ts'
import { fillNotifications } from '../../../cloud/web/dev/mock-notifications.ts'
import { waitUntil } from '../../setup/wait.ts'
import { cannotPlay, openTheatre, type Stage, type Theatre } from './page-stage.ts'

describe('how a person is told, on the page', { skip: cannotPlay, timeout: 180_000 }, () => {
  let theatre: Theatre

  before(async () => {
    theatre = await openTheatre()
  })

  after(() => theatre?.close())

  const rulesOf = ({ world }: Stage) => world.notifications.preferences.rules

  async function open({ page, cloud }: Stage, title: string): Promise<void> {
    await page.goto(`${cloud.url}/you/notifications`)
    await page.locator('.fold summary', { hasText: title }).click()
  }

  test('the first browser says in which zone its person is, and no later one', () =>
    theatre.play(async ({ page, cloud, world }) => {
      const { preferences } = world.notifications
      await page.goto(cloud.url)
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
      await waitUntil('the zone', () => world.notifications.preferences.timeZone === zone)
      world.notifications.preferences = { ...preferences, timeZone: 'Asia/Tokyo' }
      await page.goto(`${cloud.url}/you/notifications`)
      await page.locator('.fold').first().waitFor()
      assert.equal(world.notifications.preferences.timeZone, 'Asia/Tokyo')
    }))

  test('what is told where is switched channel by channel, and goes back to the usual', () =>
    theatre.play(async (stage) => {
      const { page, world } = stage
      fillNotifications(world)
      await open(stage, 'What is told where')
      const finished = page.getByRole('group', { name: 'Finished or failed' })
      await finished.getByRole('checkbox', { name: 'Discord' }).uncheck()
      await page.getByText('Saved').waitFor()
      const chosen = rulesOf(stage).channels.finished
      assert.deepEqual(chosen?.toSorted(), ['email', 'ntfy', 'push', 'telegram', 'webhook'])
      await page.getByRole('button', { name: 'Back to the usual' }).click()
      await waitUntil('the usual', () => Object.keys(rulesOf(stage).channels).length === 0)
      assert.equal(await finished.getByRole('checkbox', { name: 'Discord' }).isChecked(), true)
    }))

  test('quiet hours begin as 22:00 to 07:00, and hours that end as they begin are said and not sent', () =>
    theatre.play(async (stage) => {
      const { page } = stage
      await open(stage, 'Quiet hours')
      await page.getByRole('radio', { name: 'At these hours' }).check()
      await waitUntil('quiet hours', () => rulesOf(stage).quiet?.from === '22:00')
      await page.getByLabel('To', { exact: true }).fill('22:00')
      await page.getByText('They begin and end at different times.').waitFor()
      await page.getByLabel('To', { exact: true }).fill('06:30')
      await waitUntil('other hours', () => rulesOf(stage).quiet?.to === '06:30')
      await page.getByRole('radio', { name: 'Never' }).check()
      await waitUntil('no quiet hours', () => rulesOf(stage).quiet === null)
      assert.deepEqual(rulesOf(stage), defaultRules)
    }))
})
