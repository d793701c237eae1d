import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { identityFiles, loadIdentity } from '../../../device/uplink/identity.ts'
import { pairDevice } from '../../../device/uplink/pair.ts'
import { FakeCloud } from '../../fakes/fake-cloud.ts'

const { signal } = new AbortController()

async function openScene(t: TestContext) {
  const cloud = await FakeCloud.make()
  t.after(() => cloud.close())
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-pair-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const cloudUrl = new URL(await cloud.servePairing('ABCD1234', (close) => t.after(close)))
  return { cloud, dataDir, pairing: { code: 'abcd-1234', cloudUrl, deviceName: 'pi', dataDir } }
}

test('a device makes its own key, has it certified, and keeps both for itself', async (t) => {
  const { cloud, dataDir, pairing } = await openScene(t)
  assert.equal(await loadIdentity(dataDir), undefined)
  const reply = await pairDevice(pairing, signal)
  assert.equal(reply.ownerName, 'Ada')
  const identity = await loadIdentity(dataDir)
  assert.equal(identity?.deviceId, cloud.deviceId)
  assert.equal(identity?.commandKeys.size, 1)
  const certificate = new X509Certificate(identity?.certificate ?? '')
  assert.equal(certificate.subject, `CN=${cloud.deviceId}`)
  assert.ok(identity?.privateKey.includes('PRIVATE KEY'))
  assert.equal(statSync(identityFiles(dataDir).key).mode & 0o777, 0o600)
})

test('a wrong code is refused in the words of the cloud, and nothing is stored', async (t) => {
  const { dataDir, pairing } = await openScene(t)
  await assert.rejects(pairDevice({ ...pairing, code: 'WRNG1234' }, signal), (error) => {
    assert.ok(error instanceof RejectedError)
    assert.match(error.message, /wrong code/)
    return true
  })
  await assert.rejects(pairDevice({ ...pairing, code: 'short' }, signal), /eight letters/)
  assert.equal(await loadIdentity(dataDir), undefined)
})

test('a cloud that is not there, or is something else, is told apart', async (t) => {
  const { pairing, cloud } = await openScene(t)
  void cloud
  const nobody = new URL('http://127.0.0.1:1')
  await assert.rejects(pairDevice({ ...pairing, cloudUrl: nobody }, signal), UnavailableError)
  const { createServer } = await import('node:http')
  const stranger = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  t.after(() => stranger.close())
  const address = stranger.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await assert.rejects(
    pairDevice({ ...pairing, cloudUrl: new URL(`http://127.0.0.1:${port}`) }, signal),
    ProtocolError,
  )
})

test('a broken identity is said to be so', async (t) => {
  const { dataDir, pairing } = await openScene(t)
  await pairDevice(pairing, signal)
  writeFileSync(identityFiles(dataDir).reply, '{')
  await assert.rejects(loadIdentity(dataDir), ConfigError)
})

test('a device that can store nothing does not use its code up', async (t) => {
  const { dataDir, pairing } = await openScene(t)
  const file = join(dataDir, 'file')
  writeFileSync(file, '')
  await assert.rejects(pairDevice({ ...pairing, dataDir: file }, signal), ConfigError)
  assert.equal((await pairDevice(pairing, signal)).ownerName, 'Ada')
})

test('a device paired again has a key that is that of its certificate, and is not parted by a failed try', async (t) => {
  const { dataDir, pairing } = await openScene(t)
  await pairDevice(pairing, signal)
  const before = await loadIdentity(dataDir)
  // No room for the reply: the earlier pairing stays.
  mkdirSync(`${identityFiles(dataDir).reply}.new`)
  await assert.rejects(pairDevice(pairing, signal))
  assert.equal((await loadIdentity(dataDir))?.privateKey, before?.privateKey)
  rmSync(`${identityFiles(dataDir).reply}.new`, { recursive: true })
  await pairDevice(pairing, signal)
  const after = await loadIdentity(dataDir)
  assert.notEqual(after?.privateKey, before?.privateKey)
  const certificate = new X509Certificate(after?.certificate ?? '')
  assert.ok(certificate.checkPrivateKey(createPrivateKey(after?.privateKey ?? '')))
})
