import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DeviceView, PairingView } from '@layerwatch/shared/api.ts'
import { PairingCode, PairingReply } from '@layerwatch/shared/pairing.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import mqtt from 'mqtt'
import pino from 'pino'
import { TryLimit } from '../../../cloud/pairing/try-limit.ts'
import { codeHoldsForMs, hashCode, makeCode, viewPairing } from '../../../cloud/pairing.ts'
import { makeDeviceKey } from '../../setup/device-key.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

test('a code is eight letters and digits nobody mistakes, and never the same', () => {
  const codes = Array.from({ length: 200 }, makeCode)
  for (const code of codes)
    assert.equal(PairingCode.parse(` ${code.slice(0, 4)}-${code.slice(4).toLowerCase()} `), code)
  assert.equal(new Set(codes).size, codes.length)
})

test('what is kept of a code says nothing without the secret', () => {
  assert.equal(hashCode('ABCD1234', 'one'), hashCode('ABCD1234', 'one'))
  assert.notEqual(hashCode('ABCD1234', 'one'), hashCode('ABCD1234', 'two'))
})

test('a pairing waits, is used, or runs out', () => {
  const now = new Date('2026-11-24T12:00:00Z')
  const row = { id: 'i', organisationId: 'o', personId: 'p', usedAt: null, deviceId: null }
  const soon = new Date(now.getTime() + codeHoldsForMs)
  assert.equal(viewPairing({ ...row, expiresAt: soon }, now).status, 'waiting')
  assert.equal(viewPairing({ ...row, expiresAt: now }, now).status, 'expired')
  const used = { ...row, expiresAt: now, usedAt: now, deviceId: 'd' }
  assert.deepEqual(viewPairing(used, now).status, 'paired')
  assert.equal(viewPairing(used, now).deviceId, 'd')
})

test('wrong tries are bounded by address and together, a minute at a time', () => {
  let nowMs = 1_000_000
  const limit = new TryLimit({ perAddress: 2, together: 5, nowMs: () => nowMs })
  const tryWrong = (address: string) => {
    const may = limit.mayTry(address)
    if (may) limit.countWrong(address)
    return may
  }
  assert.deepEqual(['a', 'a', 'a', 'b'].map(tryWrong), [true, true, false, true])
  assert.deepEqual(['c', 'd', 'e'].map(tryWrong), [true, true, false])
  nowMs += 59_999
  assert.equal(limit.mayTry('a'), false)
  nowMs += 1
  assert.ok(limit.mayTry('a'))
  assert.ok(limit.mayTry('e'))
})

describe('pairing over HTTP', () => {
  let cloud: TestCloud
  let cookie = ''
  const told: PairingView[] = []

  before(async () => {
    cloud = await startTestCloud({
      log: pino({ level: 'silent' }),
      tellPairing: (_id, view) => told.push(view),
    })
    cookie = await cloud.signIn('ada@example.org')
  })
  after(() => cloud.close())

  async function makeCodeFor(headers: { cookie: string; host?: string }): Promise<PairingView> {
    const answer = await cloud.app.inject({ method: 'POST', url: '/api/pairings', headers })
    assert.equal(answer.statusCode, 201, answer.body)
    return PairingView.parse(answer.json())
  }

  async function pair(code: string | undefined, remoteAddress = '192.0.2.1', request?: string) {
    const certificateRequest = request ?? (await makeDeviceKey('x')).request
    const payload = { code, deviceName: 'Pi in the cellar', certificateRequest }
    return await cloud.app.inject({ method: 'POST', url: '/api/pairing', payload, remoteAddress })
  }

  test('only who is signed in makes a code', async () => {
    assert.equal((await cloud.app.inject({ method: 'POST', url: '/api/pairings' })).statusCode, 401)
  })

  test('a device comes in with its code, speaks at the broker, and is cut off when it is revoked', async () => {
    const made = await makeCodeFor({ cookie, host: 'pi.local:8080' })
    assert.equal(made.command, `npm run agent -- pair ${made.code} --cloud http://pi.local:8080`)
    const { request, privateKeyPem } = await makeDeviceKey('whatever')
    const answer = await pair(made.code, '192.0.2.1', request)
    assert.equal(answer.statusCode, 200, answer.body)
    const reply = PairingReply.parse(answer.json())
    assert.equal(reply.ownerName, 'Ada')
    assert.deepEqual(Object.keys(reply.commandKeys), [cloud.keys.commands.keyId])
    const seen = await cloud.app.inject({ url: `/api/pairings/${made.id}`, headers: { cookie } })
    assert.deepEqual(PairingView.parse(seen.json()).deviceId, reply.deviceId)
    assert.equal(told.at(-1)?.status, 'paired')

    const options = {
      ca: reply.authority,
      cert: reply.certificate,
      key: privateKeyPem,
      servername: reply.broker.serverName,
      protocolVersion: 4 as const,
      reconnectPeriod: 0,
    }
    const url = reply.broker.url.replace(/\/\/[^:]+/, '//127.0.0.1')
    const device = await mqtt.connectAsync(url, options)
    await device.publishAsync(deviceTopic(reply.deviceId, 'status'), '{}', { qos: 1 })
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()))

    const listed = await cloud.app.inject({ url: '/api/devices', headers: { cookie } })
    const [view] = DeviceView.array().parse(listed.json())
    assert.equal(view?.id, reply.deviceId)
    assert.equal(view.name, 'Pi in the cellar')

    const stranger = await cloud.signIn('eve@example.org')
    const path = `/api/devices/${reply.deviceId}`
    const refused = await cloud.app.inject({ method: 'DELETE', url: path, headers: { cookie: stranger } })
    assert.equal(refused.statusCode, 404)
    assert.deepEqual(
      (await cloud.app.inject({ url: '/api/devices', headers: { cookie: stranger } })).json(),
      [],
    )
    assert.equal(
      (await cloud.app.inject({ url: `/api/pairings/${made.id}`, headers: { cookie: stranger } })).statusCode,
      404,
    )
    assert.ok(device.connected)

    const revoked = await cloud.app.inject({ method: 'DELETE', url: path, headers: { cookie } })
    assert.equal(revoked.statusCode, 204)
    await closed
    await assert.rejects(mqtt.connectAsync(url, options))
    assert.deepEqual((await cloud.app.inject({ url: '/api/devices', headers: { cookie } })).json(), [])
    device.end(true)
  })

  test('a code works once, and a new one makes the former void', async () => {
    const first = await makeCodeFor({ cookie })
    const second = await makeCodeFor({ cookie })
    assert.equal((await pair(first.code, '192.0.2.2')).statusCode, 403)
    const answers = await Promise.all([pair(second.code, '192.0.2.3'), pair(second.code, '192.0.2.3')])
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 403])
  })

  test('a code that ran out is refused', async () => {
    const made = await makeCodeFor({ cookie })
    await cloud.db.pairing.update({ where: { id: made.id }, data: { expiresAt: new Date() } })
    const answer = await pair(made.code, '192.0.2.4')
    assert.equal(answer.statusCode, 403)
    assert.equal(answer.json().code, 'wrong-code')
  })

  test('a request for another kind of key does not use the code up', async () => {
    const made = await makeCodeFor({ cookie })
    const { request } = await makeDeviceKey('x', 'P-384')
    assert.equal((await pair(made.code, '192.0.2.5', request)).statusCode, 400)
    assert.equal((await pair(made.code, '192.0.2.5')).statusCode, 200)
  })

  test('what is no request is answered with the paths of its mistakes', async () => {
    const answer = await cloud.app.inject({ method: 'POST', url: '/api/pairing', payload: { code: 'x' } })
    assert.equal(answer.statusCode, 400)
    const paths = answer.json().problems.map((problem: { path: string }) => problem.path)
    assert.deepEqual(paths.sort(), ['certificateRequest', 'code', 'deviceName'])
  })

  test('after five wrong codes an address is not looked at, even with the right one', async () => {
    const made = await makeCodeFor({ cookie })
    for (let tries = 0; tries < 5; tries += 1) {
      assert.equal((await pair('00000000', '192.0.2.66')).statusCode, 403)
    }
    assert.equal((await pair(made.code, '192.0.2.66')).statusCode, 429)
    assert.equal((await pair(made.code, '192.0.2.67')).statusCode, 200)
  })

  test('wrong codes sent all at once are no way around the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => pair('00000000', '192.0.2.88')))
    assert.equal(answers.filter(({ statusCode }) => statusCode === 403).length, 5)
    assert.equal(answers.filter(({ statusCode }) => statusCode === 429).length, 7)
  })

  test('a device revoked in the database, as the command line does, is cut off as well', async () => {
    const { request, privateKeyPem } = await makeDeviceKey('x')
    const made = await makeCodeFor({ cookie })
    const reply = PairingReply.parse((await pair(made.code, '192.0.2.7', request)).json())
    const device = await mqtt.connectAsync(reply.broker.url.replace(/\/\/[^:]+/, '//127.0.0.1'), {
      ca: reply.authority,
      cert: reply.certificate,
      key: privateKeyPem,
      servername: reply.broker.serverName,
      protocolVersion: 4,
      reconnectPeriod: 0,
    })
    let isClosed = false
    device.once('close', () => {
      isClosed = true
    })
    await cloud.db.device.update({ where: { id: reply.deviceId }, data: { revokedAt: new Date() } })
    await waitUntil('the end of the session', () => isClosed, { timeoutMs: 15_000 })
    device.end(true)
  })
})
