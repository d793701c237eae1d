import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { Command } from '@layerwatch/shared/commands.ts'
import { signedText } from '@layerwatch/shared/commands.ts'
import { DeviceStatus } from '@layerwatch/shared/status.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import { connectAsync } from 'mqtt'
import { brokerServerName, type Keys, loadOrMakeKeys } from '../../cloud/keys.ts'
import { askStatus } from '../../device/net/status-socket.ts'
import { inTheYear1970 } from '../setup/faketime.ts'
import { LogLines } from '../setup/log-lines.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { startWatchedPrint, type WatchedPrint } from '../setup/watched-print.ts'
import { readHistory } from './history.ts'

/*
 * Commands that must move nothing, sent with the cloud's own login over the real broker to the real agent, as
 * somebody would who holds the broker. What does move is sent the same way at the end, so that silence here is
 * the agent's refusal and not a broken road.
 */

const stack = new Stack({})
let print: WatchedPrint
let keys: Keys
before(async () => {
  await stack.start()
  keys = await loadOrMakeKeys(path.join(stack.dataDir, 'cloud/keys'))
  print = await startWatchedPrint(stack, { simulator: ['--speed', '2'] })
})
after(() => stack.close())

test('expired, replayed, foreign, unsigned and earlier commands move nothing', async () => {
  await refusesAll(print)
})

test('nor do they on a device whose clock says 1970, which obeys good ones all the same', async () => {
  const earlier = await circumstances(print)
  const replayed = seal(pause(earlier))
  await publish(earlier.deviceId, [replayed])
  await print.panel.isSeen('paused')
  await print.agent.stop()
  await print.panel.startAnew()
  const log = new LogLines()
  const agent = inTheYear1970(() => stack.runAgent(print.config, log.hear))
  await log.next('cloud reached')
  await log.next('print started')
  const at1970 = { ...print, agent, log }
  // The clock is really there, and the agent says that it is worth nothing.
  const status = await circumstances(at1970)
  assert.match(status.at, /^1970-/)
  assert.equal(status.clock, 'unsynced')
  // Before the restart this one was good, and obeyed.
  await publish(status.deviceId, [replayed])
  await log.next('command ignored, for it came before')
  await refusesAll(at1970)
})

type Circumstances = Awaited<ReturnType<typeof circumstances>>

/** All of them against a print that runs; then a good one, its replay, and one for an ended print. */
async function refusesAll({ panel, dataDir, log }: WatchedPrint): Promise<void> {
  assert.equal(await panel.state(), 'printing')
  const now = await circumstances({ dataDir })
  const after = log.mark
  const stranger = generateKeyPairSync('ed25519').privateKey
  const ignored = [
    { command: pause(now) },
    { ...seal(pause(now)), signature: '' },
    { ...seal(pause(now)), command: { ...pause(now), action: 'cancel' } },
    { ...seal(pause(now), stranger), keyId: keys.commands.keyId },
    { ...seal(pause(now), stranger), keyId: '0123456789abcdef' },
    seal({ ...pause(now), deviceId: randomUUID() }),
    'pause',
  ]
  const told = {
    earlierBoot: pause({ ...now, boot: randomUUID() }),
    late: { ...pause(now), notAfterUptimeMs: now.uptimeMs - 1 },
    otherPrint: { ...pause(now), printId: randomUUID() },
    noPrint: withoutPrint(pause(now)),
    otherPrinter: { ...pause(now), printerId: randomUUID() },
    resumeUnseen: { ...pause(now), action: 'resume' as const },
  }
  const cancels = Object.values(told).map((command) =>
    command.action === 'resume' ? command : { ...command, id: randomUUID(), action: 'cancel' as const },
  )
  const refused = [...Object.values(told), ...cancels]
  await publish(now.deviceId, [...ignored, ...refused.map((command) => seal(command))])
  await waitUntil('each was read', () => log.all('command ignored', after).length >= ignored.length)
  await waitUntil(
    'each of ours was answered',
    async () => {
      const answers = (await readHistory(stack)).of('command.finished')
      return refused.every(({ id }) => answers.some(({ data }) => data.commandId === id))
    },
    { timeoutMs: 60_000, everyMs: 200 },
  )
  assert.equal(await panel.state(), 'printing')
  assert.equal(log.all('command accepted', after).length, 0)
  const answers = (await readHistory(stack)).of('command.finished')
  const resultOf = ({ id }: Command) => answers.find(({ data }) => data.commandId === id)?.data.result
  assert.equal(resultOf(told.earlierBoot), 'expired')
  assert.equal(resultOf(told.late), 'expired')
  for (const command of [told.otherPrint, told.noPrint, told.otherPrinter, told.resumeUnseen]) {
    assert.equal(resultOf(command), 'refused')
  }

  const good = seal(pause(await circumstances({ dataDir })))
  await publish(now.deviceId, [good])
  await panel.isSeen('paused')
  await log.next('command finished', { after })
  await panel.press('resume')
  await panel.isSeen('printing')
  await publish(now.deviceId, [good])
  await log.next('command ignored, for it came before', { after })
  assert.equal(await panel.state(), 'printing')

  await panel.startAnew()
  await log.next('print started', { after })
  const forEarlierPrint = { ...pause(now), id: randomUUID(), action: 'cancel' as const }
  const beforeLast = log.mark
  await publish(now.deviceId, [seal(forEarlierPrint)])
  await log.next('command finished', { after: beforeLast })
  assert.equal(await panel.state(), 'printing')
}

/** Everything a command must name, as the agent itself says it. */
async function circumstances({ dataDir }: Pick<WatchedPrint, 'dataDir'>) {
  const status = await waitUntil(
    'the agent tells of a print',
    async () => {
      const said = DeviceStatus.parse(await askStatus(dataDir))
      return said.printers[0]?.printId ? said : undefined
    },
    { timeoutMs: 30_000, everyMs: 50 },
  )
  const { printerId = '', printId = '' } = status.printers[0] ?? {}
  const [device] = (await readHistory(stack)).deviceIds
  return { ...status, printerId, printId, deviceId: device ?? '' }
}

function pause({ deviceId, printerId, printId, boot, uptimeMs }: Circumstances): Command {
  const issuer = { personId: 'somebody', name: 'Somebody' }
  const notAfterUptimeMs = Math.trunc(uptimeMs) + 60_000
  return { id: randomUUID(), deviceId, printerId, printId, action: 'pause', issuer, boot, notAfterUptimeMs }
}

function withoutPrint({ printId: _, ...command }: Command): Command {
  return command
}

function seal(command: Command, privateKey = keys.commands.privateKey) {
  const signature = sign(null, Buffer.from(signedText(command)), privateKey).toString('base64')
  return { command, keyId: keys.commands.keyId, signature }
}

/** Publishes with the cloud's certificate, whose session at the broker ends by that and comes back by itself. */
async function publish(deviceId: string, messages: readonly unknown[]): Promise<void> {
  const client = await connectAsync(stack.brokerUrl, {
    protocolVersion: 4,
    ca: keys.authority.certificate,
    cert: keys.cloud.certificate,
    key: keys.cloud.privateKey,
    servername: brokerServerName,
    reconnectPeriod: 0,
  })
  for (const message of messages) {
    await client.publishAsync(deviceTopic(deviceId, 'commands'), JSON.stringify(message), { qos: 1 })
  }
  await client.endAsync()
}
