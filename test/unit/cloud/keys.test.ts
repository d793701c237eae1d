import assert from 'node:assert/strict'
import { createHash, sign, verify, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { signRequest } from '../../../cloud/keys/certificates.ts'
import { brokerServerName, loadOrMakeKeys } from '../../../cloud/keys.ts'
import { makeDeviceKey } from '../../setup/device-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'layerwatch-keys-'))
const dir = join(folder, 'keys')
const keys = await loadOrMakeKeys(dir)
after(() => rmSync(folder, { recursive: true }))

test('keys are made once and read again', async () => {
  const again = await loadOrMakeKeys(dir)
  assert.equal(again.authority.certificate, keys.authority.certificate)
  assert.equal(again.broker.privateKey, keys.broker.privateKey)
  assert.equal(again.commands.keyId, keys.commands.keyId)
  assert.equal(again.sessionSecret, keys.sessionSecret)
  assert.deepEqual(again.vapid, keys.vapid)
})

test('folder and files are the owner’s alone', () => {
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  const files = readdirSync(dir)
  assert.equal(files.length, 7)
  for (const file of files) assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600, file)
})

test('the broker’s certificate carries the fixed name and the authority’s signature, dated back a day', () => {
  const authority = new X509Certificate(keys.authority.certificate)
  const broker = new X509Certificate(keys.broker.certificate)
  assert.ok(authority.ca)
  assert.ok(broker.verify(authority.publicKey))
  assert.equal(broker.checkHost(brokerServerName), brokerServerName)
  assert.equal(broker.checkHost('localhost'), undefined)
  for (const certificate of [authority, broker]) {
    const ageMs = Date.now() - Date.parse(certificate.validFrom)
    assert.ok(ageMs > 23 * 3600_000 && ageMs < 25 * 3600_000)
  }
})

test('the key id is the digest of the public key that verifies commands', () => {
  const { keyId, privateKey, publicKey } = keys.commands
  const signature = sign(null, Buffer.from('text'), privateKey)
  assert.ok(verify(null, Buffer.from('text'), publicKey, signature))
  const der = Buffer.from(publicKey.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  assert.equal(keyId, createHash('sha256').update(der).digest('hex').slice(0, 16))
})

test('a device’s request is signed with the name given, whatever its subject says', async () => {
  const { request, privateKey } = await makeDeviceKey('cloud')
  const signed = await signRequest(keys.authority, request, 'device-1')
  assert.ok(signed)
  const certificate = new X509Certificate(signed.certificate)
  assert.equal(certificate.subject, 'CN=device-1')
  assert.equal(certificate.serialNumber.toLowerCase(), signed.serial)
  assert.ok(certificate.verify(new X509Certificate(keys.authority.certificate).publicKey))
  assert.ok(certificate.checkPrivateKey(privateKey))
})

test('a request that is garbled, tampered with or for another kind of key is not signed', async () => {
  assert.equal(await signRequest(keys.authority, 'nonsense', 'x'), undefined)
  const { request } = await makeDeviceKey('a')
  const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`
  assert.equal(await signRequest(keys.authority, pem, 'x'), undefined)
  const { request: other } = await makeDeviceKey('a', 'P-384')
  assert.equal(await signRequest(keys.authority, other, 'x'), undefined)
})

test('a damaged key is named, never replaced', async () => {
  writeFileSync(join(dir, 'commands.pem'), 'garbled')
  await assert.rejects(loadOrMakeKeys(dir), (error) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.problems.join(), /commands\.pem/)
    return true
  })
})
