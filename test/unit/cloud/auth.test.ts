import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, beforeEach, describe, test } from 'node:test'
import { MeView, SetupView } from '@layerwatch/shared/api.ts'
import fastify, { type FastifyInstance } from 'fastify'
import pino from 'pino'
import { readOrMakeSetupToken, refuseSignUp, setupTokenFile } from '../../../cloud/auth/sign-up.ts'
import { type Auth, makeAuth } from '../../../cloud/auth.ts'
import { type CloudConfig, parseConfig } from '../../../cloud/config.ts'
import { addAuthRoutes } from '../../../cloud/http/auth.ts'
import { addRequestGuards } from '../../../cloud/http/guards.ts'
import { addMeRoutes } from '../../../cloud/http/me.ts'
import { answerProblems } from '../../../cloud/http/problem.ts'
import { addSetupRoutes } from '../../../cloud/http/setup.ts'
import { loadOrMakeKeys } from '../../../cloud/keys.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'

const log = pino({ level: 'silent' })
const account = { name: 'Ada', email: 'ada@example.org', password: 'a long password' }

describe('the rule for signing up', () => {
  const asked = { signUp: 'token', hasOwner: false, setupToken: 'right', givenToken: 'right' } as const

  test('the first owner needs the set-up token', () => {
    assert.equal(refuseSignUp(asked), undefined)
    assert.equal(refuseSignUp({ ...asked, givenToken: 'wrong' }), 'wrong-token')
    assert.equal(refuseSignUp({ ...asked, givenToken: undefined }), 'wrong-token')
    assert.equal(refuseSignUp({ ...asked, setupToken: undefined, givenToken: '' }), 'wrong-token')
  })

  test('nobody else comes in with it', () => {
    assert.equal(refuseSignUp({ ...asked, hasOwner: true }), 'has-owner')
  })

  test('open lets anybody in, closed nobody', () => {
    assert.equal(refuseSignUp({ ...asked, signUp: 'open', hasOwner: true, givenToken: undefined }), undefined)
    assert.equal(refuseSignUp({ ...asked, signUp: 'closed' }), 'closed')
  })
})

describe('accounts over HTTP', () => {
  let database: TestDatabase
  let app: FastifyInstance
  let auth: Auth
  let token = ''
  /** Each test comes from an address of its own: the limits count by address. */
  let remoteAddress = ''
  let tests = 0

  async function build(changes: string, baseUrl = 'http://127.0.0.1:8080'): Promise<FastifyInstance> {
    const { db, dataDir } = database
    const text = `dataDir: ${dataDir}\n${changes}`
    const config: CloudConfig = parseConfig(text, { folder: dataDir, env: {}, file: 'cloud.yaml' })
    const keys = await loadOrMakeKeys(`${dataDir}/keys`)
    auth = makeAuth({ db, config, baseUrl, secret: keys.sessionSecret, log })
    const built = fastify({
      trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    })
    built.decorateRequest('auth', null)
    built.addHook('onRequest', async (request) => {
      request.auth = auth
    })
    addRequestGuards(built, baseUrl)
    answerProblems(built)
    addAuthRoutes(built, { auth, baseUrl })
    addSetupRoutes(built, { config, db, keys })
    addMeRoutes(built, { config, db })
    return built
  }

  function post(path: string, body: object, headers: Record<string, string> = {}) {
    return app.inject({ method: 'POST', url: `/api/auth/${path}`, payload: body, headers, remoteAddress })
  }

  function cookieOf(answer: { headers: Record<string, unknown> }): string {
    const header = answer.headers['set-cookie']
    const first = Array.isArray(header) ? header[0] : header
    return String(first).split(';')[0] ?? ''
  }

  before(async () => {
    database = await startTestDatabase()
  })
  after(() => database.close())
  beforeEach(async () => {
    await database.db.user.deleteMany()
    await database.db.organization.deleteMany()
    token = readOrMakeSetupToken(database.dataDir)
    tests += 1
    remoteAddress = `10.0.0.${tests}`
    app = await build('')
  })

  test('the first owner signs up with the token, gets an organisation, and the token is spent', async () => {
    const before = SetupView.parse((await app.inject('/api/setup')).json())
    assert.equal(before.hasOwner, false)
    const refused = await post('sign-up/email', account, { 'x-setup-token': 'wrong' })
    assert.equal(refused.statusCode, 403)
    assert.equal(refused.json().code, 'sign-up-wrong-token')
    assert.equal(await database.db.user.count(), 0)

    const answer = await post('sign-up/email', account, { 'x-setup-token': token })
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(existsSync(setupTokenFile(database.dataDir)), false)
    const me = await app.inject({ url: '/api/me', headers: { cookie: cookieOf(answer) } })
    assert.equal(me.statusCode, 200, me.body)
    assert.equal(MeView.parse(me.json()).organisationName, 'Ada')
    assert.equal(SetupView.parse((await app.inject('/api/setup')).json()).hasOwner, true)
  })

  test('of two that sign up at once with the token, one becomes the owner', async () => {
    const other = { ...account, email: 'bob@example.org' }
    const answers = await Promise.all(
      [account, other].map((body) => post('sign-up/email', body, { 'x-setup-token': token })),
    )
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 403])
    assert.equal(await database.db.user.count(), 1)
  })

  test('signing up is refused once there is an owner, and leaves nothing behind', async () => {
    await auth.addPerson(account)
    const answer = await post(
      'sign-up/email',
      { ...account, email: 'eve@example.org' },
      { 'x-setup-token': token },
    )
    assert.equal(answer.json().code, 'sign-up-has-owner')
    assert.equal(await database.db.user.count(), 1)
    assert.equal(await database.db.organization.count(), 1)
  })

  test('where signing up is open anybody may, but an address only once', async () => {
    app = await build('signUp: open')
    assert.equal((await post('sign-up/email', account)).statusCode, 200)
    assert.equal((await post('sign-up/email', account)).statusCode, 422)
    assert.equal((await post('sign-up/email', { ...account, email: 'eve@example.org' })).statusCode, 200)
    assert.equal(await database.db.organization.count(), 2)
  })

  test('a session cookie can’t be read by scripts, is sent by our own pages alone, and is secure on https', async () => {
    await auth.addPerson(account)
    const plain = await post('sign-in/email', account)
    assert.equal(plain.statusCode, 200, plain.body)
    assert.match(String(plain.headers['set-cookie']), /HttpOnly/)
    assert.match(String(plain.headers['set-cookie']), /SameSite=Lax/)
    assert.doesNotMatch(String(plain.headers['set-cookie']), /Secure/)
    app = await build('', 'https://printers.example.org')
    const secure = await post('sign-in/email', account)
    assert.match(String(secure.headers['set-cookie']), /^__Secure-layerwatch.*Secure/)
  })

  test('signing out ends the session at once', async () => {
    await auth.addPerson(account)
    const cookie = cookieOf(await post('sign-in/email', account))
    assert.equal((await app.inject({ url: '/api/me', headers: { cookie } })).statusCode, 200)
    assert.equal((await post('sign-out', {}, { cookie })).statusCode, 200)
    assert.equal((await app.inject({ url: '/api/me', headers: { cookie } })).statusCode, 401)
  })

  test('without a session, or with a forged one, nobody is anybody', async () => {
    assert.equal((await app.inject('/api/me')).statusCode, 401)
    const cookie = 'layerwatch.session_token=forged.forged'
    assert.equal((await app.inject({ url: '/api/me', headers: { cookie } })).statusCode, 401)
  })

  test('a wrong password is refused, and the eleventh try in a minute is not looked at', async () => {
    await auth.addPerson(account)
    const wrong = { ...account, password: 'not the password' }
    for (let tries = 0; tries < 10; tries += 1) {
      assert.equal((await post('sign-in/email', wrong)).statusCode, 401)
    }
    assert.equal((await post('sign-in/email', account)).statusCode, 429)
    // A header the client wrote itself makes nobody of it another address.
    const forged = { 'x-forwarded-for': '192.0.2.1', 'x-layerwatch-address': '192.0.2.2' }
    assert.equal((await post('sign-in/email', account, forged)).statusCode, 429)
    remoteAddress = '10.0.1.1'
    assert.equal((await post('sign-in/email', account)).statusCode, 200)
  })

  test('only a trusted proxy says who the client is', async () => {
    app = await build('trustedProxies: [10.9.9.9]')
    await auth.addPerson(account)
    remoteAddress = '10.9.9.9'
    const wrong = { ...account, password: 'not the password' }
    for (let tries = 0; tries < 10; tries += 1) {
      await post('sign-in/email', wrong, { 'x-forwarded-for': '192.0.2.77' })
    }
    assert.equal((await post('sign-in/email', account, { 'x-forwarded-for': '192.0.2.77' })).statusCode, 429)
    assert.equal((await post('sign-in/email', account, { 'x-forwarded-for': '192.0.2.78' })).statusCode, 200)
  })

  test('a request from another site changes nothing', async () => {
    await auth.addPerson(account)
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      const answer = await post('sign-in/email', account, headers)
      assert.equal(answer.json().code, 'foreign-origin')
    }
    const same = { host: 'pi.local:8080', origin: 'http://pi.local:8080', 'sec-fetch-site': 'same-origin' }
    assert.equal((await post('sign-in/email', account, same)).statusCode, 200)
  })

  test('a form can’t be posted', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await app.inject({
      method: 'POST',
      url: '/api/auth/sign-in/email',
      payload: 'email=a&password=b',
      headers,
    })
    assert.equal(answer.statusCode, 415)
  })

  test('a name has at most 100 letters and no control characters', async () => {
    for (const name of ['x'.repeat(101), 'a\nb', '  ']) {
      const answer = await post('sign-up/email', { ...account, name }, { 'x-setup-token': token })
      assert.equal(answer.statusCode, 400, name)
    }
    assert.equal(await database.db.user.count(), 0)
    await auth.addPerson(account)
    const cookie = cookieOf(await post('sign-in/email', account))
    assert.equal((await post('update-user', { name: 'x'.repeat(101) }, { cookie })).statusCode, 400)
    assert.equal((await post('update-user', { name: ' Countess ' }, { cookie })).statusCode, 200)
    const me = await app.inject({ url: '/api/me', headers: { cookie } })
    assert.equal(me.json().name, 'Countess')
  })

  test('a reset password signs everybody out and lets the new one in', async () => {
    await auth.addPerson(account)
    const cookie = cookieOf(await post('sign-in/email', account))
    assert.equal(await auth.resetPassword('nobody@example.org', 'another password'), false)
    await assert.rejects(auth.resetPassword(account.email, 'short'))
    assert.equal(await auth.resetPassword('ADA@example.org', 'another password'), true)
    assert.equal((await app.inject({ url: '/api/me', headers: { cookie } })).statusCode, 401)
    assert.equal((await post('sign-in/email', account)).statusCode, 401)
    assert.equal((await post('sign-in/email', { ...account, password: 'another password' })).statusCode, 200)
  })

  test('what is not in the list of routes is not there', async () => {
    for (const path of [
      'delete-user',
      'list-sessions',
      'sign-up/email/',
      'reset-password',
      'sign-in/social',
    ]) {
      assert.equal((await post(path, account)).statusCode, 404, path)
    }
  })
})
