import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { startWatchedPrint, type WatchedPrint } from '../setup/watched-print.ts'
import { checkHistory, onlyIncident, readHistory, untilSent } from './history.ts'

/*
 * The cloud is killed at three moments of a failure. Protection is local: the pause happens all the same; and
 * nothing that matters is lost or told twice.
 */

const stack = new Stack({})
let print: WatchedPrint
before(async () => {
  await stack.start()
  print = await startWatchedPrint(stack)
})
after(() => stack.close())

test('killed before the failure, the cloud is not needed to pause, and hears of it once', async () => {
  await fails({ killedAt: undefined })
})

test('killed as soon as the failure is noticed, likewise', async () => {
  // A failure in plain view is confirmed at once, without having been suspected.
  await fails({ killedAt: ['defect suspected', 'defect confirmed', 'pausing the printer'] })
})

test('killed at the moment of the pause, likewise', async () => {
  await fails({ killedAt: ['printer paused'] })
})

/** One failing print from its start on, with the cloud killed before the failure or at one of the agent's log lines. */
async function fails({ killedAt }: { killedAt: readonly string[] | undefined }): Promise<void> {
  const { panel, log, dataDir } = print
  const after = log.mark
  await panel.startAnew()
  await log.next('print started', { after })
  if (killedAt === undefined) await stack.cloud.kill()
  await panel.fail('detached', 2)
  if (killedAt !== undefined) {
    await waitUntil('the moment to kill', () => killedAt.some((line) => log.all(line, after).length > 0), {
      timeoutMs: 120_000,
    })
    await stack.cloud.kill()
  }
  await panel.isSeen('paused', 120_000)
  await log.next('printer paused', { after })
  assert.equal(log.all('pause failed', after).length, 0)

  await stack.startCloud()
  const shown = await stack.printer(
    'the pause on the page',
    ({ state, pausedBy, incident }) =>
      state === 'paused' && pausedBy === 'layerwatch' && incident?.pause === 'confirmed',
  )
  await untilSent(dataDir)
  const history = await readHistory(stack)
  checkHistory(history)
  const incident = onlyIncident(history, shown.print?.id ?? '')
  assert.equal(incident.id, shown.incident?.id)
  assert.equal(await panel.state(), 'paused', 'a cloud that comes back resumes nothing')
}
