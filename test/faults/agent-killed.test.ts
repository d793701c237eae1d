import assert from 'node:assert/strict'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { LogLines } from '../setup/log-lines.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { startWatchedPrint, type WatchedPrint } from '../setup/watched-print.ts'
import { checkHistory, onlyIncident, readHistory, untilSent } from './history.ts'

/*
 * The agent is killed (kill -9) after it stored what happened: it is in the outbox, so it arrives, and once,
 * though nobody knows how far the sending had got.
 */

const stack = new Stack({})
let print: WatchedPrint
before(async () => {
  await stack.start()
  print = await startWatchedPrint(stack)
})
after(() => stack.close())

test('what was stored while no cloud was there arrives once after the agent was killed', async () => {
  const after = print.log.mark
  await stack.cloud.kill()
  await print.panel.fail('detached', 2)
  await print.panel.isSeen('paused', 120_000)
  await print.log.next('printer paused', { after })
  await waitUntil('the pause lies in the outbox', () => isStored('printer.paused'))
  await print.agent.kill()
  await stack.startCloud()
  await startAgain()
  const printId = await pausedPrint()
  await untilSent(print.dataDir)
  await arrivedOnce(printId)
})

test('what was being stored and sent when the agent was killed in the act is told once', async () => {
  await print.panel.startAnew()
  await print.log.next('print started')
  await print.panel.fail('detached', 2)
  await print.log.next('pausing the printer')
  await print.agent.kill()
  await startAgain()
  // It may have died before it paused: then it finds the print running, and the failure, again.
  await print.panel.isSeen('paused', 120_000)
  const printId = await pausedPrint()
  await untilSent(print.dataDir)
  const history = await readHistory(stack)
  checkHistory(history)
  const incidents = history.incidents.filter((incident) => incident.printId === printId)
  assert.equal(incidents.length, 1)
  assert.equal(incidents[0]?.pause, 'confirmed')
})

/** The killed agent's outbox, read from beside it. */
function isStored(type: string): boolean {
  const outbox = new DatabaseSync(path.join(print.dataDir, 'outbox.db'), { readOnly: true })
  try {
    // Rows that have their receipt are marked or gone: only what still waits counts.
    return outbox.prepare('SELECT 1 FROM events WHERE type = ? AND isSent = 0').get(type) !== undefined
  } finally {
    outbox.close()
  }
}

async function startAgain(): Promise<void> {
  const log = new LogLines()
  const agent = stack.runAgent(print.config, log.hear)
  print = { ...print, agent, log }
  await log.next('printer found')
}

async function pausedPrint(): Promise<string> {
  const shown = await stack.printer('the pause', ({ state, incident }) => {
    return state === 'paused' && incident?.pause === 'confirmed'
  })
  return shown.print?.id ?? ''
}

async function arrivedOnce(printId: string): Promise<void> {
  const history = await readHistory(stack)
  checkHistory(history)
  onlyIncident(history, printId)
  assert.equal(history.of('print.started', printId).length, 1, 'the same print goes on')
}
