import { defaultRules } from '@layerwatch/shared/notify-rules.ts'
import type { Locator } from 'playwright-core'
import { fillNotifications } from './mock-notifications.ts'
import { open, type Shot, type Stage } from './shot.ts'

/** The page of notifications. */
export const notificationShots: Shot[] = [
  {
    name: 'notifications',
    sizes: ['phone', 'desk'],
    canSendEmail: true,
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
    },
  },
  {
    name: 'notifications-ntfy',
    play: async (stage) => {
      await open(stage, '/you/notifications')
      const panel = await openPanel(stage, 'ntfy')
      await panel.getByLabel('Access token').scrollIntoViewIfNeeded()
      await showPanel(panel, 'start')
    },
  },
  {
    name: 'notifications-webhook',
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
      const panel = await openPanel(stage, 'Webhook')
      await panel.getByLabel('Address').fill('https://home.example.org/api/webhook/print')
      await panel.getByRole('button', { name: 'Connect', exact: true }).click()
      await panel.getByRole('button', { name: 'Send a test' }).click()
      await stage.page.waitForTimeout(300)
      await showPanel(panel, 'end')
    },
  },
  {
    name: 'notifications-telegram',
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
      const panel = await openPanel(stage, 'Telegram')
      await showPanel(panel, 'start')
    },
  },
  {
    name: 'notifications-rules',
    sizes: ['phone', 'desk'],
    canSendEmail: true,
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
      await showPanel(stage.page.locator('.rules'), 'end')
    },
  },
  {
    name: 'notifications-topics',
    canSendEmail: true,
    play: (stage) => openFold(stage, 'What is told where'),
  },
  {
    name: 'notifications-quiet',
    canSendEmail: true,
    play: async (stage) => {
      stage.world.notifications.preferences.rules = {
        ...defaultRules,
        quiet: { from: '22:30', to: '07:00' },
        standbyMinutes: 10,
        digest: { every: 'week', weekday: 7, at: '18:00', channels: ['email'] },
      }
      await openFold(stage, 'Quiet hours')
    },
  },
  {
    name: 'notifications-standby',
    canSendEmail: true,
    play: async (stage) => {
      await openFold(stage, 'If nobody acts')
      await stage.page.getByRole('radio', { name: '30 min' }).first().check()
      await stage.page.waitForTimeout(300)
    },
  },
  {
    name: 'notifications-digest',
    canSendEmail: true,
    play: async (stage) => {
      await openFold(stage, 'Look back')
      await stage.page.getByRole('radio', { name: 'Weekly' }).check()
      await stage.page.waitForTimeout(300)
      await showPanel(stage.page.locator('.rules'), 'end')
    },
  },
  { name: 'act-pause', play: (stage) => open(stage, '/act#pause') },
  {
    name: 'act-done',
    themes: ['light'],
    play: async (stage) => {
      await open(stage, '/act#pause')
      await stage.page.getByRole('button', { name: 'Pause now' }).click()
      await stage.page.waitForTimeout(300)
    },
  },
  { name: 'act-false-alarm', themes: ['dark'], play: (stage) => open(stage, '/act#false-alarm') },
  { name: 'act-over', themes: ['light'], play: (stage) => open(stage, '/act#long-ago') },
]

/** Begins to connect a channel: its panel, with the fields open. */
async function openPanel({ page }: Stage, channel: string): Promise<Locator> {
  const panel = page.getByRole('region', { name: channel })
  await panel.getByRole('button', { name: 'Connect' }).click()
  return panel
}

async function openFold(stage: Stage, title: string): Promise<void> {
  fillNotifications(stage.world)
  await open(stage, '/you/notifications')
  const fold = stage.page.locator('.fold', { hasText: new RegExp(`^${title}`) })
  await fold.locator('summary').click()
  await showPanel(fold, 'start')
}

async function showPanel(panel: Locator, block: 'start' | 'end'): Promise<void> {
  await panel.evaluate((element, at) => element.scrollIntoView({ block: at }), block)
  await panel.page().waitForTimeout(300)
}
