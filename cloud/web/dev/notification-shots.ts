import { fillNotifications } from './mock-notifications.ts'
import { open, type Shot } from './shot.ts'

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
      const panel = stage.page.getByRole('region', { name: 'ntfy' })
      await panel.getByRole('button', { name: 'Connect' }).click()
      await panel.getByLabel('Access token').scrollIntoViewIfNeeded()
      await panel.evaluate((element) => element.scrollIntoView({ block: 'start' }))
      await stage.page.waitForTimeout(300)
    },
  },
  {
    name: 'notifications-webhook',
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
      const panel = stage.page.getByRole('region', { name: 'Webhook' })
      await panel.getByRole('button', { name: 'Connect' }).click()
      await panel.getByLabel('Address').fill('https://home.example.org/api/webhook/print')
      await panel.getByRole('button', { name: 'Connect', exact: true }).click()
      await panel.getByRole('button', { name: 'Send a test' }).click()
      await stage.page.waitForTimeout(300)
      await panel.evaluate((element) => element.scrollIntoView({ block: 'end' }))
      await stage.page.waitForTimeout(300)
    },
  },
  {
    name: 'notifications-telegram',
    play: async (stage) => {
      fillNotifications(stage.world)
      await open(stage, '/you/notifications')
      const panel = stage.page.getByRole('region', { name: 'Telegram' })
      await panel.getByRole('button', { name: 'Connect' }).click()
      await panel.evaluate((element) => element.scrollIntoView({ block: 'start' }))
      await stage.page.waitForTimeout(300)
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
