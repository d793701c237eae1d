import {
  ActKind,
  ActRequest,
  Channel,
  ContactKind,
  ContactRequest,
  type ContactView,
} from '@layerwatch/shared/notify.ts'
import { PreferencesPatch, PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import { z } from 'zod'
import { type Handler, refuse } from './mock.ts'
import { ago, type World } from './world.ts'

/** The routes of notifications, over the pretended world. */
export function notificationRoutes(world: World): [RegExp, Handler][] {
  const { notifications } = world
  return [
    [
      /^GET \/api\/contacts$/,
      () => ({
        contacts: [...notifications.contacts.values()],
        last: notifications.last,
        telegram: { bot: 'layerwatch_example_bot' },
      }),
    ],
    [
      /^POST \/api\/contacts$/,
      ({ body }) => {
        const { kind } = ContactRequest.parse(body)
        const contact: ContactView = { kind, label: labels[kind], connectedAt: ago(0) }
        notifications.contacts.set(kind, contact)
        const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq'
        return { contact, ...(kind === 'webhook' && { secret }) }
      },
    ],
    [
      /^POST \/api\/contacts\/telegram$/,
      () => ({
        code: 'K7M2-4QXR',
        bot: 'layerwatch_example_bot',
        link: 'https://t.me/layerwatch_example_bot?start=K7M24QXR',
        expiresAt: ago(-581),
      }),
    ],
    [
      /^DELETE \/api\/contacts$/,
      ({ body }) => void notifications.contacts.delete(z.object({ kind: ContactKind }).parse(body).kind),
    ],
    [/^GET \/api\/preferences$/, () => notifications.preferences],
    [
      /^PATCH \/api\/preferences$/,
      ({ body }) => {
        const { timeZone, ...rules } = PreferencesPatch.parse(body)
        const { preferences } = notifications
        notifications.preferences = PreferencesView.parse({
          ...preferences,
          timeZone: timeZone ?? preferences.timeZone,
          rules: { ...preferences.rules, ...rules },
        })
        return notifications.preferences
      },
    ],
    [
      /^POST \/api\/acts\/look$/,
      ({ body, response }) => {
        const { token } = ActRequest.parse(body)
        const act = ActKind.safeParse(token)
        if (!act.success) return refuse(response, 410, 'act-expired', overText)
        const said = 'Suspected: spaghetti, Garage'
        return { act: act.data, printerName: 'Garage', job: 'Vase, spiral.gcode', said, expiresAt: ago(-700) }
      },
    ],
    [/^POST \/api\/acts$/, ({ body }) => ({ done: ActRequest.parse(body).token })],
    [
      /^POST \/api\/notifications\/test$/,
      ({ body }) => {
        const { channel } = z.object({ channel: Channel }).parse(body)
        const detail = 'home.example.org refused it (404)'
        const result = channel === 'webhook' ? 'failed' : 'sent'
        return { channels: [{ channel, result, detail }] }
      },
    ],
  ]
}

const overText = 'This was good for 15 minutes and is over. The app can do it.'

const labels: Record<ContactKind, string> = {
  ntfy: 'ntfy.sh, topic lay…',
  telegram: '@ada_prints',
  discord: 'webhook …392832',
  webhook: 'home.example.org',
}

/** ntfy works, Discord's webhook is gone, and there is no webhook. */
export function fillNotifications(world: World): void {
  world.notifications.preferences.timeZone = 'Europe/Berlin'
  const { contacts, last } = world.notifications
  const add = (contact: ContactView) => contacts.set(contact.kind, contact)
  add({
    kind: 'ntfy',
    label: labels.ntfy,
    connectedAt: ago(90_000),
    last: { at: ago(3000), status: 'sent', detail: 'taken by ntfy.sh' },
  })
  add({
    kind: 'discord',
    label: labels.discord,
    connectedAt: ago(900_000),
    last: { at: ago(3000), status: 'failed', detail: 'Discord has no such webhook any more' },
  })
  last.email = { at: ago(3000), status: 'sent' }
}
