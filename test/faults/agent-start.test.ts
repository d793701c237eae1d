import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeAgentFolder, runAgent, startAgentProcess, startProgram } from '../setup/agent-process.ts'
import { waitUntil } from '../setup/wait.ts'

/* An agent that finds its own house in disorder: what can be watched is watched, and the rest is said. */

const agent = new URL('../../device/cli/agent.ts', import.meta.url).pathname

test('stopped while it starts, the agent ends in order and without a stack', async (t) => {
  const { folder, config } = makeAgentFolder(t)
  // Trying every runtime takes seconds.
  writeFileSync(config, readFileSync(config, 'utf8').replace('backend: tfjs-wasm', 'backend: auto'))
  const { process, output } = startProgram(t, [agent, 'run', '--config', config])
  await waitUntil('the start', () => existsSync(join(folder, 'data', 'outbox.db')), { timeoutMs: 30_000 })
  process.kill('SIGTERM')
  const [code] = await once(process, 'close', { signal: AbortSignal.timeout(10_000) })
  assert.equal(code, 0, output())
  assert.match(output(), /"msg":"stopped"/)
  assert.doesNotMatch(output(), /AbortError/)
})

test('a disk that takes no outbox and no socket does not keep a printer from being watched', async (t) => {
  const { folder, config } = makeAgentFolder(t)
  for (const name of ['outbox.db', 'agent.sock']) mkdirSync(join(folder, 'data', name), { recursive: true })
  const { output } = await startAgentProcess(t, config)
  assert.match(output(), /events are kept in memory only/)
  assert.match(output(), /status can not be asked for/)
})

test('an identity that can not be read does not keep a printer from being watched', async (t) => {
  const { folder, config } = makeAgentFolder(t)
  mkdirSync(join(folder, 'data', 'identity'), { recursive: true })
  writeFileSync(join(folder, 'data', 'identity', 'pairing.json'), '{"deviceId": "half wri')
  const { output } = await startAgentProcess(t, config)
  assert.match(output(), /watching without the cloud/)
})

test('a data folder that can not be made is refused with its path, and 78', async (t) => {
  const { folder, config } = makeAgentFolder(t)
  writeFileSync(join(folder, 'data'), 'a file')
  const { code, output } = await runAgent(t, ['run', '--config', config])
  assert.equal(code, 78, output)
  assert.match(output, /dataDir: /)
  assert.ok(output.includes(join(folder, 'data')))
})

test('a mistake that has but one line is one line', async (t) => {
  const { config } = makeAgentFolder(t)
  writeFileSync(
    config,
    `printers: [{name: A, printer: {kind: octoprint, url: "http://127.0.0.1:9", apiKey: "ä ö"},
      camera: {kind: snapshot, url: "http://us%er@127.0.0.1:9"}}]`,
  )
  const { code, output } = await runAgent(t, ['run', '--config', config])
  assert.equal(code, 78, output)
  assert.match(output, /^the (address of the camera|OctoPrint API key) .*[^:]$/m)
})

test('an outbox that power loss left damaged is set aside, and what follows is stored', async (t) => {
  const { folder, config } = makeAgentFolder(t)
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'outbox.db'), randomBytes(20_000))
  const { output } = await startAgentProcess(t, config)
  assert.match(output(), /outbox was damaged/)
  const names = readdirSync(join(folder, 'data'))
  assert.ok(names.some((name) => name.startsWith('outbox.db.broken-')))
  assert.ok(names.includes('outbox.db'))
  const { output: said } = await runAgent(t, ['status', '--config', config])
  assert.match(said, /Events to send: 1,/)
})
