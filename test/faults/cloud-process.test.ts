import assert from 'node:assert/strict'
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { SetupView } from '@layerwatch/shared/api.ts'
import { ReadyMessage } from '../../cloud/ready.ts'
import { waitUntil } from '../setup/wait.ts'

const root = join(import.meta.dirname, '../..')
const program = join(root, 'cloud/cli.ts')
const folder = mkdtempSync(join(tmpdir(), 'layerwatch-process-'))
const dataDir = join(folder, 'data')
const account = { name: 'Ada', email: 'ada@example.org', password: 'a long password' }

/** Everything started here ends here, whatever a test did. */
const started = new Set<ChildProcess>()
afterEach(async () => {
  for (const cloud of started) await stop(cloud, 'SIGTERM')
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function start(
  data = dataDir,
): Promise<{ cloud: ChildProcess; ready: ReadyMessage; said: () => string }> {
  const cloud = fork(program, ['run', '--data', data, '--port', '0'], { silent: true, cwd: root })
  started.add(cloud)
  let said = ''
  for (const stream of [cloud.stdout, cloud.stderr]) {
    stream?.on('data', (data) => {
      said += data
    })
  }
  const ended = once(cloud, 'exit').then(([code]) => {
    throw new Error(`the cloud ended with ${code}: ${said}`)
  })
  const [message] = await Promise.race([once(cloud, 'message'), ended])
  ended.catch(() => {})
  return { cloud, ready: ReadyMessage.parse(message), said: () => said }
}

async function stop(cloud: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  started.delete(cloud)
  if (cloud.exitCode !== null || cloud.signalCode !== null) return cloud.exitCode
  const ended = once(cloud, 'exit')
  cloud.kill(signal)
  const [code] = await ended
  return code
}

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: root, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })
}

async function getSetup(url: string): Promise<SetupView> {
  const answer = await fetch(`${url}/api/setup`, { signal: AbortSignal.timeout(20_000) })
  return SetupView.parse(await answer.json())
}

/** Whether the database of the folder runs. */
function isDatabaseRunning(): boolean {
  const pidFile = join(dataDir, 'database/postmaster.pid')
  if (!existsSync(pidFile)) return false
  try {
    return process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 0)
  } catch {
    return false
  }
}

test('the first start shows the way in without putting the token into the log', async () => {
  const { cloud, ready, said } = await start()
  assert.equal((await getSetup(ready.url)).hasOwner, false)
  const tokenFile = ready.setupTokenFile ?? ''
  assert.equal(statSync(tokenFile).mode & 0o777, 0o600)
  const token = readFileSync(tokenFile, 'utf8')
  assert.equal(said().includes(token), false)
  const answer = await post(`${ready.url}/api/auth/sign-up/email`, account, { 'x-setup-token': token })
  assert.equal(answer.status, 200, await answer.text())
  assert.equal(existsSync(tokenFile), false)
  assert.equal(await stop(cloud, 'SIGTERM'), 0)
  assert.equal(isDatabaseRunning(), false)
})

test('an account survives kill -9 of the cloud, whose database is left running', async () => {
  const { cloud } = await start()
  await stop(cloud, 'SIGKILL')
  assert.ok(isDatabaseRunning())
  const { ready } = await start()
  assert.equal(ready.setupTokenFile, undefined)
  assert.equal((await getSetup(ready.url)).hasOwner, true)
  assert.equal((await post(`${ready.url}/api/auth/sign-in/email`, account)).status, 200)
})

test('it survives kill -9 of the cloud and its database together', async () => {
  const { cloud } = await start()
  const [pid] = readFileSync(join(dataDir, 'database/postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGKILL')
  await stop(cloud, 'SIGKILL')
  const { ready } = await start()
  assert.equal((await post(`${ready.url}/api/auth/sign-in/email`, account)).status, 200)
})

test('a cloud that loses its database says so and ends, for its supervisor to start it again', async () => {
  const { cloud, said } = await start()
  const ended = once(cloud, 'exit')
  const [pid] = readFileSync(join(dataDir, 'database/postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGQUIT')
  const [code] = await ended
  assert.equal(code, 1)
  assert.match(said(), /"reason":"lost"/)
})

test('it stops when the process that forked it is gone', async () => {
  const { cloud } = await start()
  const ended = once(cloud, 'exit')
  cloud.disconnect()
  await ended
  await waitUntil('the end of the database', () => !isDatabaseRunning())
})

test('a second cloud keeps away from the folder of a running one', async () => {
  await start()
  const second = await command('run', '--data', dataDir, '--port', '0')
  assert.equal(second.code, 78)
  assert.match(second.err, /dataDir: another Layerwatch cloud/)
})

test('accounts are managed beside a running cloud, and without one', async () => {
  const { cloud, ready } = await start()
  const added = await command('user', 'add', '--data', dataDir, '--email', 'bob@example.org', '--name', 'Bob')
  const password = /once: (\S+)/.exec(added.out)?.[1] ?? ''
  const bob = { email: 'bob@example.org', password }
  assert.equal((await post(`${ready.url}/api/auth/sign-in/email`, bob)).status, 200, added.err)
  const again = await command('user', 'add', '--data', dataDir, '--email', 'bob@example.org', '--name', 'Bob')
  assert.equal(again.code, 1)
  assert.equal(again.err.trim().split('\n').length, 1)
  await stop(cloud, 'SIGTERM')
  const reset = await command('user', 'reset-password', '--data', dataDir, '--email', 'bob@example.org')
  assert.match(reset.out, /signed out everywhere/)
  assert.equal(isDatabaseRunning(), false)
})

test('a running cloud is backed up and restored elsewhere: the account works, a second restore is refused', async () => {
  const { cloud, ready } = await start()
  const backup = join(folder, 'backup')
  const other = join(folder, 'other')
  const written = await command('backup', backup, '--data', dataDir, '--json')
  assert.equal(written.code, 0, written.err)
  assert.equal(JSON.parse(written.out).missingPictures, 0)
  assert.equal((await post(`${ready.url}/api/auth/sign-in/email`, account)).status, 200)
  const intoUsed = await command('restore', backup, '--data', dataDir)
  assert.equal(intoUsed.code, 78)
  assert.match(intoUsed.err, /in use/)
  await stop(cloud, 'SIGTERM')
  const restored = await command('restore', backup, '--data', other)
  assert.equal(restored.code, 0, restored.err)
  assert.match(restored.out, /Restored from .*: \d+ rows, 0 pictures/)
  const again = await command('restore', backup, '--data', other)
  assert.equal(again.code, 78)
  assert.match(again.err, /not empty/)
  const elsewhere = await start(other)
  assert.equal((await post(`${elsewhere.ready.url}/api/auth/sign-in/email`, account)).status, 200)
})

test('the doctor finds a running cloud well, says that it is gone, and that a folder has none', async () => {
  const { cloud, ready } = await start()
  await waitUntil('the broker', async () => (await fetch(`${ready.url}/readyz`)).ok)
  const doctor = async (data: string) => {
    const port = new URL(ready.url).port
    const { code, out } = await command('doctor', '--json', '--data', data, '--port', port)
    const findings: { check: string; level: string }[] = JSON.parse(out)
    return { code, levels: Object.fromEntries(findings.map(({ check, level }) => [check, level])) }
  }
  const well = await doctor(dataDir)
  assert.equal(well.code, 0)
  const { process: running, queue, devices, clock, authority } = well.levels
  assert.deepEqual([running, queue, devices, clock, authority], ['fine', 'fine', 'fine', 'fine', 'fine'])
  await stop(cloud, 'SIGTERM')
  assert.equal((await doctor(dataDir)).levels.process, 'advice')
  assert.equal(isDatabaseRunning(), false)
  const nothing = await doctor(join(folder, 'nothing'))
  assert.equal(nothing.code, 1)
  assert.equal(nothing.levels.data, 'trouble')
  assert.equal(existsSync(join(folder, 'nothing')), false)
})

test('a restore that fails leaves the data folder empty', async () => {
  const [backup, other] = [join(folder, 'spoilt'), join(folder, 'stays-empty')]
  assert.equal((await command('backup', backup, '--data', dataDir)).code, 0)
  const manifest = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8'))
  manifest.tables.find(({ name }: { name: string }) => name === 'user').rows += 1
  writeFileSync(join(backup, 'manifest.json'), JSON.stringify(manifest))
  const { code, err } = await command('restore', backup, '--data', other)
  assert.equal(code, 1)
  assert.match(err, /this backup cannot be used: user has/)
  assert.deepEqual(readdirSync(other), ['lock'])
})

test('a database of another major version of PostgreSQL is refused with the steps', async () => {
  const version = join(dataDir, 'database/PG_VERSION')
  const text = readFileSync(version, 'utf8')
  writeFileSync(version, '12\n')
  const { code, err } = await command(
    'user',
    'add',
    '--data',
    dataDir,
    '--email',
    'x@example.org',
    '--name',
    'X',
  )
  writeFileSync(version, text)
  assert.equal(code, 78)
  assert.match(err, /of PostgreSQL 12/)
  assert.match(err, /backup FOLDER[\s\S]*restore FOLDER/)
})

test('a configuration with mistakes names each and exits with 78', async () => {
  const file = join(folder, 'cloud.yaml')
  writeFileSync(file, '{port: many, smtp: {host: mail}, colour: red}')
  const { code, err } = await command('run', '--config', file)
  assert.equal(code, 78)
  for (const path of ['port:', 'smtp.from:', 'colour']) assert.match(err, new RegExp(path))
  assert.equal((await command('run', '--config', join(folder, 'none.yaml'))).code, 78)
})
