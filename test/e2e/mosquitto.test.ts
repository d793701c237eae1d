import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandView, IncidentView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { startStack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { startWatchedPrint } from '../setup/watched-print.ts'

test('over Mosquitto a failing print is paused, told once, and stopped by its owner', async (t) => {
  const stack = await startStack(t, { broker: 'mosquitto' })
  const { panel } = await startWatchedPrint(stack)
  await panel.fail('detached', 2)
  await panel.isSeen('paused', 120_000)
  const shown = await stack.printer(
    'the pause in the cloud',
    ({ state, incident }) => state === 'paused' && incident?.pause === 'confirmed',
  )
  const incidents = z.array(IncidentView).parse(await stack.owner.get('/api/incidents'))
  assert.deepEqual(
    incidents.filter(({ printId }) => printId === shown.print?.id).map(({ id }) => id),
    [shown.incident?.id],
  )
  await waitUntil(
    'its picture',
    async () => (await stack.owner.request('GET', `/api/snapshots/${shown.picture?.id}.jpg`)).ok,
    { timeoutMs: 60_000 },
  )

  const stop = { action: 'cancel', printId: shown.print?.id }
  const headers = { 'idempotency-key': 'stop-it-now' }
  const sent = CommandView.parse(await stack.owner.post(`/api/printers/${shown.id}/commands`, stop, headers))
  await panel.isSeen('cancelled')
  await waitUntil(
    'the command is settled as done',
    async () => CommandView.parse(await stack.owner.get(`/api/commands/${sent.id}`)).status === 'done',
    { timeoutMs: 60_000 },
  )
})
