import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { loadConfig, parseConfig } from '../../device/config.ts'

const simulated = '{kind: simulated, url: "http://127.0.0.1:1"}'
const oneMinimal = `printers: [{name: A, printer: ${simulated}, camera: ${simulated}}]`

function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parseConfig(text, { folder: '/nowhere', env, file: 'agent.yaml' })
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

test('the example file is valid', () => {
  const config = loadConfig('device/agent.example.yaml', {
    OCTOPRINT_API_KEY: 'secret',
    MOONRAKER_API_KEY: 'secret',
    PRUSALINK_PASSWORD: 'secret',
    BAMBU_ACCESS_CODE: '12345678',
  })
  assert.deepEqual(
    config.printers.map(({ printer }) => printer.kind),
    [...Array(4).fill('octoprint'), 'moonraker', 'prusalink', 'bambu', 'none', 'simulated'],
  )
  assert.deepEqual(config.printers[0]?.printer, {
    kind: 'octoprint',
    url: 'http://octopi.local',
    apiKey: 'secret',
  })
})

test('what is left out has a default', () => {
  const config = parseConfig(oneMinimal, { folder: '/etc/layerwatch', env: {}, file: 'agent.yaml' })
  assert.equal(config.dataDir, '/etc/layerwatch/data')
  assert.equal(config.printers[0]?.capture.intervalSeconds, 5)
  assert.deepEqual(config.printers[0]?.policy, { sensitivity: 'normal', action: 'pause', defects: {} })
  assert.equal(config.detector.backend, 'auto')
})

test('a configuration cannot be changed after it was read', () => {
  const config = parseConfig(oneMinimal, { folder: '/', env: {}, file: 'agent.yaml' })
  assert.throws(() => config.printers.push(...config.printers), TypeError)
})

test('every mistake is named with its path', () => {
  const problems = problemsOf(`
printers:
  - name: ''
    printer: {kind: octoprint, url: nowhere, apiKey: k}
    camera: {kind: telescope}
    policy: {sensitivity: most}
    colour: red
`)
  for (const path of ['name', 'printer.url', 'camera.kind', 'policy.sensitivity']) {
    assert.ok(
      problems.some((problem) => problem.startsWith(`printers.0.${path}: `)),
      `${path} in ${problems.join('\n')}`,
    )
  }
  assert.ok(problems.some((problem) => problem.includes('colour')))
})

test('text that is no YAML is said so', () => {
  assert.equal(problemsOf('printers: [').length > 0, true)
  assert.deepEqual(problemsOf('42').length, 1)
  assert.equal(problemsOf('').length, 1)
})

test('two printers of one name are refused, for the history is kept by it', () => {
  const one = `{name: A, printer: ${simulated}, camera: ${simulated}}`
  assert.deepEqual(problemsOf(`printers: [${one}, ${one}]`), ['printers: two printers have one name'])
})

test('a secret is read from a file or a variable, and a missing one is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layerwatch-'))
  try {
    writeFileSync(join(folder, 'key'), 'from-file\n')
    const withKey = (key: string) =>
      `printers: [{name: A, printer: {kind: octoprint, url: "http://o", ${key}}, camera: ${simulated}}]`
    const read = (key: string) =>
      parseConfig(withKey(key), { folder, env: { KEY: 'from-env' }, file: 'agent.yaml' }).printers[0]?.printer
    assert.deepEqual(read('apiKeyFile: key'), { kind: 'octoprint', url: 'http://o', apiKey: 'from-file' })
    assert.deepEqual(read('apiKeyEnv: KEY'), { kind: 'octoprint', url: 'http://o', apiKey: 'from-env' })
    assert.deepEqual(problemsOf(withKey('apiKeyFile: none')), [
      "printers.0.printer.apiKeyFile: the file none can't be read",
    ])
    assert.deepEqual(problemsOf(withKey('apiKeyEnv: NONE')), [
      'printers.0.printer.apiKeyEnv: the variable NONE is empty',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

for (const [name, text] of [
  ['an alias of nothing, such as a password that begins with *', 'printers: *password'],
  ['an alias within its own anchor', 'printers: &a [*a]'],
] as const) {
  test(`${name} is a mistake like any other`, () => {
    const read = () => parseConfig(text, { folder: '/', env: {}, file: 'agent.yaml' })
    assert.throws(read, (error) => error instanceof ConfigError && error.problems.length === 1)
  })
}

test('a pin has one part, and smoke cuts no power without a relay', () => {
  const text = `printers: [{name: A, printer: {kind: none}, camera: {kind: snapshot, url: "http://h"},
    gpio: {button: {pin: 5}, smoke: {pin: 5, cutsPower: true}}}]`
  assert.throws(
    () => parseConfig(text, { folder: '/', env: {}, file: 'agent.yaml' }),
    (error) => {
      assert.ok(error instanceof ConfigError)
      const said = error.problems.join('\n')
      assert.match(said, /gpio\.smoke\.pin: pin 5 is the button's already/)
      assert.match(said, /gpio\.smoke\.cutsPower: needs a relay/)
      return true
    },
  )
})

test('care for a paused printer that its kind can not give is refused with the reason', () => {
  const withPause = (printer: string) =>
    problemsOf(
      `printers: [{name: A, printer: ${printer}, camera: ${simulated}, pause: {hotendOffAfterMinutes: 5}}]`,
    )
  const prusa = withPause('{kind: prusalink, url: "http://h", apiKey: k}')
  assert.match(prusa.join(), /hotendOffAfterMinutes: .*takes no G-code/)
  const bambu = withPause('{kind: bambu, host: h, serial: 01P00A000000000, accessCode: "12345678"}')
  assert.match(bambu.join(), /hotendOffAfterMinutes: .*heats up again at a resume is not known/)
})
