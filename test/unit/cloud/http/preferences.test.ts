import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiProblem, MeView } from '@layerwatch/shared/api.ts'
import { defaultRules, PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import pino from 'pino'
import { joinTenant } from '../../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../../setup/test-cloud.ts'
import { waitUntil } from '../../../setup/wait.ts'

let cloud: TestCloud
let anna = ''
let ben = ''

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  anna = await cloud.signIn('anna@example.org')
  ben = await cloud.signIn('ben@example.org')
})
after(() => cloud.close())

async function ask(cookie: string, patch?: object) {
  const sent = patch ? { method: 'PATCH' as const, payload: patch } : { method: 'GET' as const }
  return cloud.app.inject({ url: '/api/preferences', headers: { cookie }, ...sent })
}
const read = async (cookie: string) => PreferencesView.parse((await ask(cookie)).json())

test('whoever chose nothing has what everybody has; a choice changes what it names and nothing of another person', async () => {
  assert.deepEqual((await read(anna)).rules, defaultRules)
  await ask(anna, { timeZone: 'America/New_York' })
  await ask(anna, { quiet: { from: '22:00', to: '07:00' } })
  const changed = PreferencesView.parse((await ask(anna, { channels: { finished: ['ntfy'] } })).json())
  assert.equal(changed.timeZone, 'America/New_York')
  const quiet = { from: '22:00', to: '07:00' }
  assert.deepEqual(changed.rules, { ...defaultRules, quiet, channels: { finished: ['ntfy'] } })
  assert.deepEqual(await read(anna), changed)
  assert.deepEqual((await read(ben)).rules, defaultRules)
  const me = await cloud.app.inject({ url: '/api/me', headers: { cookie: anna } })
  assert.equal(MeView.parse(me.json()).timeZone, 'America/New_York')
})

test('what cannot be is refused with the field, and changes nothing', async () => {
  const before = await read(ben)
  for (const [patch, path] of [
    [{ timeZone: 'Europe/Nowhere' }, 'timeZone'],
    [{ timeZone: '+02:00' }, 'timeZone'],
    [{ quiet: { from: '22:00', to: '22:00' } }, 'quiet'],
    [{ quiet: { from: '24:00', to: '07:00' } }, 'quiet.from'],
    [{ cooldownMinutes: -1 }, 'cooldownMinutes'],
    [{ standbyMinutes: 0 }, 'standbyMinutes'],
    [{ progressSteps: [51] }, 'progressSteps.0'],
    [{ channels: { finished: ['pigeon'] } }, 'channels.finished.0'],
    [{ digest: { every: 'day', weekday: 1, at: '08:00', channels: [] } }, 'digest.channels'],
  ] as const) {
    const answer = await ask(ben, patch)
    assert.equal(answer.statusCode, 400, JSON.stringify(patch))
    assert.equal(ApiProblem.parse(answer.json()).problems?.[0]?.path, path)
  }
  assert.deepEqual(await read(ben), before)
})

test('quiet hours that are taken back tell what they held, without waiting for their end', async () => {
  const { personId, organisationId, deviceId } = await joinTenant(cloud.db, 'anna@example.org')
  const printerId = '0194a7d2-0000-7000-8000-000000000001'
  await cloud.db.printer.create({
    data: {
      id: printerId,
      organisationId,
      deviceId,
      name: 'Ender 3',
      kind: 'none',
      state: 'idle',
      watching: {},
    },
  })
  await cloud.db.notification.create({
    data: {
      id: '0194a7d2-0000-7000-8000-000000000002',
      eventId: '0194a7d2-0000-7000-8000-000000000003',
      organisationId,
      personId,
      printerId,
      channel: 'ntfy',
      kind: 'finished',
      title: 'Finished: Ender 3, 23:10',
      body: '',
      path: `/printers/${printerId}`,
      status: 'held',
      nextTryAt: new Date(Date.now() + 3600_000),
    },
  })
  await ask(anna, { quiet: null })
  await waitUntil('the summary', async () => {
    const rows = await cloud.db.notification.findMany({ where: { personId } })
    return rows.some(({ kind, body }) => kind === 'summary' && body === 'Finished: Ender 3, 23:10.')
  })
})
