import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pino from 'pino'
import { findMosquittoUser, writeMosquittoFiles } from '../../cloud/broker/mosquitto-files.ts'
import { openBroker } from '../../cloud/broker.ts'
import { parseConfig } from '../../cloud/config.ts'
import { loadOrMakeKeys } from '../../cloud/keys.ts'
import { findFreePort } from '../setup/ports.ts'
import { waitUntil } from '../setup/wait.ts'
import { type BrokerUnderTest, describeBroker } from './broker-suite.ts'

const log = pino({ level: 'silent' })
const program = '/usr/sbin/mosquitto'

describeBroker('the embedded broker', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-broker-'))
  const revoked = new Set<string>()
  const keys = await loadOrMakeKeys(join(dataDir, 'keys'))
  const text = `{dataDir: ${dataDir}, broker: {kind: embedded, port: 0}}`
  const broker = await openBroker({
    config: parseConfig(text, { folder: dataDir, env: {}, file: 'cloud.yaml' }),
    keys,
    log,
    isAllowed: async (deviceId) => !revoked.has(deviceId),
    revokedSerials: async () => [],
  })
  return {
    broker,
    keys,
    revoke: (deviceId) => revoked.add(deviceId),
    close: async () => {
      await broker.close()
      rmSync(dataDir, { recursive: true })
    },
  }
})

if (existsSync(program)) describeBroker('mosquitto', startMosquitto)
else test('mosquitto', { skip: `${program} is not installed` })

async function startMosquitto(): Promise<BrokerUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'layerwatch-mosquitto-'))
  chmodSync(folder, 0o755)
  const dir = join(folder, 'config')
  const pidFile = join(folder, 'run', 'mosquitto.pid')
  mkdirSync(join(folder, 'run'))
  const serials: string[] = []
  const keys = await loadOrMakeKeys(join(folder, 'keys'))
  const owner = findMosquittoUser()
  if (owner) chownSync(join(folder, 'run'), owner.uid, owner.gid)
  await writeMosquittoFiles(dir, { keys, revokedSerials: serials, ...(owner && { owner }) })
  const port = await findFreePort()
  const file = join(dir, 'mosquitto.conf')
  const written = readFileSync(file, 'utf8').replace('listener 8883', `listener ${port} 127.0.0.1`)
  writeFileSync(file, `${written}\npid_file ${pidFile}\n`)
  const server = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', (data) => {
    said += data
  })
  await waitUntil('mosquitto', () => {
    if (server.exitCode !== null) throw new Error(said)
    return existsSync(pidFile) && answers(port)
  })
  const text = `{dataDir: ${folder}, broker: {kind: mosquitto, url: 'mqtts://127.0.0.1:${port}', configDir: ${dir}, pidFile: ${pidFile}}}`
  const broker = await openBroker({
    config: parseConfig(text, { folder, env: {}, file: 'cloud.yaml' }),
    keys,
    log,
    isAllowed: async () => true,
    revokedSerials: async () => serials,
  })
  return {
    broker,
    keys,
    revoke: (_deviceId, certificate) =>
      serials.push(new X509Certificate(certificate).serialNumber.toLowerCase()),
    close: async () => {
      await stop(server)
      rmSync(folder, { recursive: true })
    },
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit')
  server.kill()
  await ended
}
