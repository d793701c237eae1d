import 'reflect-metadata'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import * as x509 from '@peculiar/x509'
import {
  type Authority,
  issuePair,
  makeAuthority,
  readAuthority,
  splitPair,
} from '../../../cloud/keys/certificates.ts'
import { openBrokerSocket } from '../../../device/uplink/broker-socket.ts'

const { signal } = new AbortController()
const serverName = 'broker.layerwatch.internal'
const dayMs = 86_400_000

/** A broker's TLS with a certificate that holds from a day on, counted from today; its address. */
async function startServer(
  t: TestContext,
  authority: Authority,
  name: string,
  fromDay: number,
): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '42',
      subject: `CN=${name}`,
      issuer: authority.x509.subject,
      notBefore: new Date(Date.now() + fromDay * dayMs),
      notAfter: new Date(Date.now() + (fromDay + 2) * dayMs),
      signingAlgorithm: algorithm,
      signingKey: authority.signingKey,
      publicKey: keys.publicKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    },
    webcrypto,
  )
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  )
  const server = createServer({ key, cert: certificate.toString('pem') }, (socket) => {
    socket.on('error', () => socket.destroy())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return `mqtts://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

async function identityFor(url: string, authority: Authority) {
  const pair = splitPair(await issuePair(authority, 'device', 'client'))
  const broker = { url, serverName }
  return {
    ...pair,
    deviceId: 'device',
    authority: authority.certificate,
    broker,
    commandKeys: new Map(),
    ownerName: 'Ada',
  }
}

const makeOne = async () => readAuthority(await makeAuthority())
const cases = [
  { name: 'the pinned broker', fromDay: -1, isClockSet: true, isTaken: true },
  { name: 'a certificate not yet valid, with the clock set', fromDay: 1, isClockSet: true, isTaken: false },
  { name: 'a certificate not yet valid, with the clock unset', fromDay: 1, isClockSet: false, isTaken: true },
  { name: 'a certificate that ended, with the clock unset', fromDay: -9, isClockSet: false, isTaken: true },
  { name: 'a certificate that ended, with the clock set', fromDay: -9, isClockSet: true, isTaken: false },
]

for (const { name, fromDay, isClockSet, isTaken } of cases) {
  test(`${name} is ${isTaken ? 'believed' : 'refused'}`, async (t) => {
    const authority = await makeOne()
    const url = await startServer(t, authority, serverName, fromDay)
    const opening = openBrokerSocket(await identityFor(url, authority), { isClockSet, signal })
    if (isTaken) (await opening).destroy()
    else await assert.rejects(opening, RejectedError)
  })
}

for (const isClockSet of [true, false]) {
  test(`another authority and another name are refused, with the clock ${isClockSet ? 'set' : 'unset'}`, async (t) => {
    const pinned = await makeOne()
    const stranger = await startServer(t, await makeOne(), serverName, -1)
    const misnamed = await startServer(t, pinned, 'other.example', -1)
    for (const url of [stranger, misnamed]) {
      const opening = openBrokerSocket(await identityFor(url, pinned), { isClockSet, signal })
      await assert.rejects(opening, RejectedError)
    }
  })
}

test('a stranger whose certificate is also out of date is refused with the clock unset', async (t) => {
  const url = await startServer(t, await makeOne(), serverName, 1)
  const identity = await identityFor(url, await makeOne())
  await assert.rejects(openBrokerSocket(identity, { isClockSet: false, signal }), RejectedError)
})

test('nobody there is told apart from a stranger', async () => {
  const identity = await identityFor('mqtts://127.0.0.1:1', await makeOne())
  await assert.rejects(openBrokerSocket(identity, { isClockSet: true, signal }), UnavailableError)
})
