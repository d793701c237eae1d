import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { lockFolder } from '../../../cloud/embedded/folder-lock.ts'
import { claimDataDir } from '../../../deploy/local/claim.ts'
import { requireFreePort } from '../../../deploy/local/port.ts'
import { startProcess } from '../../../deploy/local/processes.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'layerwatch-start-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a data folder that cannot be written is said in a sentence that tells what to do', async () => {
  const file = path.join(folder, 'a-file')
  writeFileSync(file, '')
  await assert.rejects(claimDataDir(path.join(file, 'data')), /cannot be written.*--data/)
  assert.throws(() => lockFolder(path.join(file, 'data')), ConfigError)
})

test('a claim that another start took over meanwhile is left to it', async () => {
  const dataDir = path.join(folder, 'claimed')
  const claim = await claimDataDir(dataDir)
  const file = path.join(dataDir, 'running.json')
  const other = JSON.stringify({ pid: process.pid + 1, children: [] })
  writeFileSync(file, other)
  claim.release()
  assert.equal(readFileSync(file, 'utf8'), other)
})

test('a port that is taken is named before anything starts, with what to do about it', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await assert.rejects(
    requireFreePort({ port, host: '127.0.0.1' }),
    new RegExp(`Port ${port} is taken.*--port`),
  )
  await new Promise((resolve) => server.close(resolve))
  await requireFreePort({ port, host: '127.0.0.1' })
})

test('of a part that ended at once a person reads its words, not its log', async () => {
  const script = path.join(folder, 'ends.mjs')
  writeFileSync(
    script,
    'console.error(\'{"level":30,"msg":"database ready"}\\nThe page cannot be served\'); process.exit(78)',
  )
  const child = startProcess({ name: 'cloud', args: [script] })
  await assert.rejects(
    child.says(() => undefined, 20_000),
    (error: Error) =>
      /The page cannot be served/.test(error.message) && !/database ready/.test(error.message),
  )
})

test('a mistake in the data folder’s cloud.yaml is named with its path, and the start exits with 78', {
  timeout: 120_000,
}, async () => {
  const dataDir = path.join(folder, 'configured')
  mkdirSync(dataDir)
  writeFileSync(path.join(dataDir, 'cloud.yaml'), 'smtp:\n  host: mail.example.org\n  prot: 25\n')
  const args = ['deploy/start.ts', '--no-demo', '--port', '0', '--data', dataDir]
  const starting = startProcess({ name: 'start', args })
  assert.equal(await starting.ended, 78)
  assert.match(starting.lastLines().join('\n'), /smtp.*prot/)
})
