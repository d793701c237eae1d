import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { loadConfig, parseConfig } from '../../../cloud/config.ts'

const at = { folder: '/srv/layerwatch', env: {}, file: 'cloud.yaml' }

function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parseConfig(text, { ...at, env })
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

test('an empty file means loopback, an embedded database, an embedded broker and a first owner by token', () => {
  const config = parseConfig('', at)
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.databaseUrl, undefined)
  assert.equal(config.broker.kind, 'embedded')
  assert.equal(config.signUp, 'token')
  assert.equal(config.dataDir, '/srv/layerwatch/data')
})

test('the shipped example is valid', () => {
  const file = join(import.meta.dirname, '../../../cloud/cloud.example.yaml')
  const config = loadConfig(
    file,
    {},
    {
      SMTP_PASSWORD: 'secret',
      DATABASE_URL: 'postgresql://u:p@db/layerwatch',
      TELEGRAM_BOT_TOKEN: '1:bot_token',
    },
  )
  assert.equal(config.smtp?.password, 'secret')
  assert.equal(config.telegram?.botToken, '1:bot_token')
  assert.equal(config.databaseUrl, 'postgresql://u:p@db/layerwatch')
})

test('every mistake is named with its path', () => {
  const problems = problemsOf(`
port: 70000
baseUrl: ftp://x
signUp: maybe
trustedProxies: [nobody]
broker: {kind: mosquitto, url: 'mqtt://plain:1883'}
smtp: {host: mail, from: a@b.c, security: weak}
colour: red
`)
  for (const path of ['port', 'baseUrl', 'signUp', 'trustedProxies.0', 'broker.url', 'smtp.security']) {
    assert.ok(
      problems.some((problem) => problem.startsWith(`${path}: `)),
      `${path} in ${problems.join('\n')}`,
    )
  }
  assert.ok(problems.some((problem) => problem.includes('colour')))
})

test('a variable outranks the file, the command line outranks both', () => {
  const env = { LAYERWATCH_PORT: '9001', LAYERWATCH_SIGN_UP: 'open' }
  const config = parseConfig('{port: 9000, signUp: closed}', { ...at, env })
  assert.equal(config.port, 9001)
  assert.equal(config.signUp, 'open')
  const overridden = parseConfig('{port: 9000}', { ...at, env, overrides: { port: 9002 } })
  assert.equal(overridden.port, 9002)
  assert.deepEqual(
    problemsOf('', { LAYERWATCH_PORT: 'eighty' }).map((problem) => problem.split(':')[0]),
    ['port'],
  )
})

test('secrets come from files and variables, and a missing one is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layerwatch-'))
  try {
    writeFileSync(join(folder, 'url'), 'postgresql://u:p@h/d\n')
    assert.equal(parseConfig('databaseUrlFile: url', { ...at, folder }).databaseUrl, 'postgresql://u:p@h/d')
    const smtp = 'smtp: {host: mail, from: a@b.c, passwordEnv: NONE}'
    assert.deepEqual(problemsOf(smtp), ['smtp.passwordEnv: the variable NONE is empty'])
    assert.deepEqual(problemsOf('databaseUrlFile: none'), ["databaseUrlFile: the file none can't be read"])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('text that is no configuration is said so', () => {
  assert.equal(problemsOf('port: [').length > 0, true)
  assert.equal(problemsOf('42').length, 1)
  assert.throws(() => loadConfig('/nowhere/cloud.yaml', {}, {}), ConfigError)
})

test('a configuration can’t be changed after it was read', () => {
  assert.throws(() => Object.assign(parseConfig('', at), { signUp: 'open' }), TypeError)
})
