import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { newId } from '../../device/ids.ts'
import { askStatus } from '../../device/net/status-socket.ts'
import { FakeCloud } from '../fakes/fake-cloud.ts'
import { makeAgentFolder, runAgent, startAgentProcess, startSimulator } from '../setup/agent-process.ts'
import { waitUntil } from '../setup/wait.ts'

/** The agent as a process of its own, held to crashes, wrong clocks and mistakes. */

async function pairedAgent(t: TestContext, url?: string) {
  const cloud = await FakeCloud.make()
  t.after(() => cloud.close())
  const agent = makeAgentFolder(t, url)
  const address = await cloud.servePairing('ABCD1234', (close) => t.after(close))
  const { code, output } = await runAgent(t, [
    'pair',
    'abcd-1234',
    '--cloud',
    address,
    '--config',
    agent.config,
  ])
  assert.equal(code, 0, output)
  assert.match(output, /paired with Ada/)
  return { cloud, ...agent }
}

test('an event stored before kill -9 is sent by the next run, once and under its id', async (t) => {
  const { cloud, folder, config } = await pairedAgent(t)
  const first = await startAgentProcess(t, config)
  await waitUntil('a stored event', async () => {
    const status = await askStatus(join(folder, 'data'))
    return JSON.stringify(status).includes('"pending":1')
  })
  first.process.kill('SIGKILL')
  await once(first.process, 'close')
  await cloud.start()
  const second = await startAgentProcess(t, config)
  const started = () => cloud.events.filter(({ type }) => type === 'device.started')
  await waitUntil('both starts', () => started().length === 2, { timeoutMs: 30_000 })
  assert.deepEqual(
    started().map(({ seq }) => seq),
    [1, 2],
  )
  assert.equal(new Set(started().map(({ boot }) => boot)).size, 2)
  second.process.kill('SIGTERM')
  const [code] = await once(second.process, 'close', { signal: AbortSignal.timeout(10_000) })
  assert.equal(code, 0, second.output())
})

test('with the clock in 1970 a person pauses, and the events say that the clock is unset', async (t) => {
  const url = await startSimulator(t, ['--speed', '5', '--seed', '3'])
  const { cloud, config } = await pairedAgent(t, url)
  await cloud.start()
  const clock = new URL('../fakes/wrong-clock.ts', import.meta.url).href
  await startAgentProcess(t, config, [clock])
  const status = await waitUntil(
    'a print',
    () => cloud.statuses.find(({ printers }) => printers[0]?.printId),
    {
      timeoutMs: 30_000,
    },
  )
  assert.equal(status.clock, 'unsynced')
  assert.match(status.at, /^1970/)
  const [printer] = status.printers
  const command = {
    id: newId(),
    deviceId: cloud.deviceId,
    printerId: printer?.printerId ?? '',
    printId: printer?.printId,
    action: 'pause',
    issuer: { personId: 'p', name: 'Ada' },
    boot: status.boot,
    notAfterUptimeMs: status.uptimeMs + 60_000,
  } as const
  await cloud.send({ ...command, id: newId(), notAfterUptimeMs: 1 })
  await cloud.send({ ...command, id: newId(), boot: newId() })
  await waitUntil('two expired', () => finishes(cloud).filter((result) => result === 'expired').length === 2)
  await cloud.send(command)
  await waitUntil('done', () => finishes(cloud).includes('done'), { timeoutMs: 20_000 })
})

function finishes(cloud: FakeCloud): string[] {
  return cloud.events.flatMap((event) => (event.type === 'command.finished' ? [event.data.result] : []))
}

test('a configuration with mistakes is refused with every path, and 78', async (t) => {
  const { config } = makeAgentFolder(t)
  writeFileSync(config, 'printers: [{name: A, printer: {kind: simulated}, camera: {kind: x}}]')
  const { code, output } = await runAgent(t, ['run', '--config', config])
  assert.equal(code, 78)
  assert.match(output, /printers\.0\.printer\.url: /)
  assert.match(output, /printers\.0\.camera\.kind: /)
})

test('a second agent on one data folder is refused, and the first goes on', async (t) => {
  const { config } = makeAgentFolder(t)
  const first = await startAgentProcess(t, config)
  const { code, output } = await runAgent(t, ['run', '--config', config])
  assert.equal(code, 78)
  assert.match(output, /another agent runs/)
  const status = await runAgent(t, ['status', '--config', config])
  assert.equal(status.code, 0, status.output)
  assert.match(status.output, /not paired; watching all the same/)
  assert.match(status.output, /tfjs-wasm: taken/)
  assert.equal(first.process.exitCode, null)
})

test('status says so when no agent runs', async (t) => {
  const { config } = makeAgentFolder(t)
  const { code, output } = await runAgent(t, ['status', '--config', config])
  assert.equal(code, 1)
  assert.match(output, /no agent runs/)
})

test('replay names what it can not use, and judges the rest', async (t) => {
  const url = await startSimulator(t, ['--speed', '5'])
  const { folder } = makeAgentFolder(t)
  const dir = join(folder, 'pictures')
  mkdirSync(dir)
  const lines = []
  for (let i = 0; i < 3; i++) {
    const reply = await fetch(new URL('/camera/snapshot.jpg', url), { signal: AbortSignal.timeout(20_000) })
    writeFileSync(join(dir, `${i}.jpg`), Buffer.from(await reply.arrayBuffer()))
    lines.push(JSON.stringify({ file: `${i}.jpg`, at: i * 5, layer: i + 1 }))
  }
  lines.push('{"file": "none.jpg", "at": 20, "layer": 4}', '{"file": "0.jpg", "at": "soon"}', 'x')
  writeFileSync(join(dir, 'frames.jsonl'), lines.join('\n'))
  const { code, output } = await runAgent(t, ['replay', dir, '--json', '--backend', 'tfjs-wasm'])
  const written = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const ofType = (type: string) => written.filter((line) => line.type === type)
  assert.equal(code, 1, output)
  assert.deepEqual(
    ofType('problem').map(({ problem }) => String(problem).split(':')[0]),
    ['frames.jsonl line 5', 'frames.jsonl line 6', 'none.jpg'],
  )
  assert.deepEqual(
    ofType('layer').map(({ layer, health }) => [layer, health]),
    [
      [1, 'fine'],
      [2, 'fine'],
      [3, 'fine'],
      [4, 'unwatched'],
    ],
  )
  assert.equal(ofType('decision').length, 3)
})
