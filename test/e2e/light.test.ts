import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeAgentFolder, startAgentProcess, startSimulator } from '../setup/agent-process.ts'
import { waitUntil } from '../setup/wait.ts'

/* An agent beside a printer in a dark room whose lamp is off. */

test('a print in the dark is lit, and dark again when the agent ends', {
  timeout: 180_000,
}, async (t) => {
  const url = await startSimulator(t, ['--dark', '--speed', '1', '--seed', '3', '--layers', '100'])
  const { config } = makeAgentFolder(t, url)
  const text = readFileSync(config, 'utf8')
  writeFileSync(
    config,
    text.replace('}]', ', light: {kind: printer, when: auto}, capture: {intervalSeconds: 1}}]'),
  )
  const isLit = async () => (await fetch(`${url}/lamp`)).text()
  assert.equal(await isLit(), '{"isOn":false}')
  const agent = await startAgentProcess(t, config)
  await waitUntil('the light', () => agent.output().includes('"msg":"light switched"'), { timeoutMs: 60_000 })
  assert.equal(await isLit(), '{"isOn":true}')
  agent.process.kill('SIGTERM')
  const [code] = await once(agent.process, 'close')
  assert.equal(code, 0)
  assert.equal(await isLit(), '{"isOn":false}')
})
