import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { parseConfig } from '../../../cloud/config.ts'
import { checkClock, checkDevices, checkNotifications } from '../../../cloud/doctor/database.ts'
import type { Finding } from '../../../cloud/doctor/finding.ts'
import {
  checkAddress,
  checkDisk,
  checkMail,
  checkProcess,
  checkSignUp,
  checkTelegram,
} from '../../../cloud/doctor/installation.ts'
import { findFreePort } from '../../../cloud/free-port.ts'
import { startMailServer } from '../../fakes/mail-server.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { makeTenant } from '../../setup/tenants.ts'

let database: TestDatabase
before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

const now = new Date()
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3600_000)
const configOf = (yaml: string) =>
  parseConfig(yaml, { folder: database.dataDir, env: {}, file: 'cloud.yaml' })
const levels = (findings: readonly Finding[]) => findings.map(({ check, level }) => `${check} ${level}`)

test('notifications that wait for long are trouble, those given up are told with their reasons', async () => {
  const { db } = database
  assert.deepEqual(levels(await checkNotifications(db, now)), ['queue fine', 'delivery fine'])
  const { personId, organisationId } = await makeTenant(db)
  const notification = (fields: object) =>
    db.notification.create({
      data: {
        id: randomUUID(),
        eventId: randomUUID(),
        organisationId,
        personId,
        channel: 'email',
        kind: 'paused',
        title: '',
        body: '',
        path: '/',
        ...fields,
      },
    })
  await notification({ nextTryAt: hoursAgo(1) })
  await notification({ status: 'failed', outcome: 'no such address' })
  await notification({ status: 'failed', outcome: 'long ago', createdAt: hoursAgo(48) })
  const findings = await checkNotifications(db, now)
  assert.deepEqual(levels(findings), ['queue trouble', 'delivery advice'])
  assert.match(findings[0]?.words ?? '', /1 notifications wait, the oldest for 60 min/)
  assert.match(findings[1]?.words ?? '', /1 × no such address$/)
})

test('devices not heard for a day and certificates that end soon are named', async () => {
  const { db } = database
  const { deviceId } = await makeTenant(db)
  await db.device.updateMany({ data: { heardAt: now } })
  assert.deepEqual(levels(await checkDevices(db, now)), ['devices fine'])
  await db.device.update({
    where: { id: deviceId },
    data: { name: 'attic', heardAt: hoursAgo(30), certificateEndsAt: hoursAgo(-24) },
  })
  const findings = await checkDevices(db, now)
  assert.deepEqual(levels(findings), ['devices advice', 'certificates trouble'])
  for (const { words } of findings) assert.match(words, /attic/)
  assert.equal((await checkClock(db)).level, 'fine')
  assert.equal((await checkDisk(configOf(`dataDir: ${database.dataDir}`))).check, 'disk')
})

test('an address without encryption and an open sign-up are advised against', () => {
  assert.equal(checkAddress(configOf('baseUrl: https://printers.example.org')).level, 'fine')
  assert.match(checkAddress(configOf('baseUrl: http://192.168.1.5:8080')).words, /without encryption/)
  assert.match(checkAddress(configOf('host: "::1"')).words, /only this machine/)
  assert.equal(checkSignUp(configOf('signUp: open')).level, 'advice')
  assert.equal(checkSignUp(configOf('signUp: closed')).level, 'fine')
})

test('a mail server is logged in to, and nothing is sent; one that is away or refuses is trouble', async (t) => {
  assert.equal((await checkMail(configOf(''))).level, 'advice')
  const server = await startMailServer({ user: 'ada', password: 'right' })
  t.after(() => server.close())
  const smtp = (port: number, password = 'right') =>
    configOf(
      `smtp: {host: 127.0.0.1, port: ${port}, security: none, user: ada, password: ${password}, from: a@example.org}`,
    )
  assert.equal((await checkMail(smtp(server.port))).level, 'fine')
  assert.equal(server.received.length, 0)
  const away = await checkMail(smtp(await findFreePort()))
  assert.equal(away.level, 'trouble')
  assert.match(away.words, /ECONNREFUSED/)
  const refused = await checkMail(smtp(server.port, 'wrong-password'))
  assert.equal(refused.level, 'trouble')
  assert.equal(JSON.stringify(refused).includes('wrong-password'), false)
})

test('no bot is no finding, one that does not answer is trouble and does not tell its token', async () => {
  assert.equal(await checkTelegram(configOf('')), undefined)
  const url = `http://127.0.0.1:${await findFreePort()}`
  const found = await checkTelegram(configOf(`telegram: {botToken: "12:secret-token", apiUrl: "${url}"}`))
  assert.equal(found?.level, 'trouble')
  assert.equal(JSON.stringify(found).includes('secret-token'), false)
})

test('a cloud that does not answer is said', async () => {
  const found = await checkProcess(configOf(`port: ${await findFreePort()}`))
  assert.match(found.words, /no cloud answers/)
})
