import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { answerStatus, askAgent, askStatus } from '../../../device/net/status-socket.ts'

async function openAgent(t: TestContext): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-socket-'))
  const server = await answerStatus(dataDir, {
    describe: async () => ({ version: '1' }),
    answer: async (asked) => ({ asked }),
  })
  t.after(() => {
    server.close()
    rmSync(dataDir, { recursive: true })
  })
  return dataDir
}

test('who asks nothing hears how the agent is; who asks for something is answered', async (t) => {
  const dataDir = await openAgent(t)
  assert.deepEqual(await askStatus(dataDir), { version: '1' })
  const long = { selftest: 'x'.repeat(100_000) }
  assert.deepEqual(await askAgent(dataDir, long), { asked: long })
})

test('the socket is its owner’s alone, and keeps a second agent off', async (t) => {
  const dataDir = await openAgent(t)
  assert.equal(statSync(join(dataDir, 'agent.sock')).mode & 0o777, 0o600)
  await assert.rejects(
    answerStatus(dataDir, { describe: async () => ({}), answer: async () => ({}) }),
    ConfigError,
  )
})

test('what is no JSON, too long or broken off is not answered, and keeps nobody else from an answer', async (t) => {
  const dataDir = await openAgent(t)
  for (const text of ['{"selftest":', 'x'.repeat(1_000_000)]) {
    const socket = createConnection(join(dataDir, 'agent.sock'))
    // Cut off while it writes, it may end with an error.
    socket.on('error', () => undefined).resume()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.end(text)
    await closed
    assert.equal(socket.bytesRead, 0)
  }
  // One that never ends its question.
  const silent = createConnection(join(dataDir, 'agent.sock'))
  await once(silent, 'connect')
  assert.deepEqual(await askStatus(dataDir), { version: '1' })
  silent.destroy()
})

test('where no agent runs, that is said', async () => {
  await assert.rejects(askStatus('/nowhere/at/all'), UnavailableError)
})
