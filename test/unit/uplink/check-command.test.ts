import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { test } from 'node:test'
import { type Command, signedText } from '@layerwatch/shared/commands.ts'
import { type CommandCircumstances, checkCommand } from '../../../device/uplink/check-command.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const ids = { device: randomUUID(), printer: randomUUID(), print: randomUUID(), boot: randomUUID() }
const snapshotId = randomUUID()

const now: CommandCircumstances = {
  deviceId: ids.device,
  boot: ids.boot,
  uptimeMs: 100_000,
  keys: new Map([['0123456789abcdef', publicKey]]),
  isRetained: false,
  printer: (id) => (id === ids.printer ? { printId: ids.print, state: 'paused' } : undefined),
  snapshotAgeMs: (id) => (id === snapshotId ? 30_000 : undefined),
}

const command: Command = {
  id: randomUUID(),
  deviceId: ids.device,
  printerId: ids.printer,
  printId: ids.print,
  action: 'resume',
  issuer: { personId: 'p', name: 'Ada' },
  boot: ids.boot,
  notAfterUptimeMs: 100_000,
  snapshotId,
}

function payloadOf(parts: Partial<Command> = {}, tampered: Partial<Command> = {}): Uint8Array {
  const signed = { ...command, ...parts }
  const signature = sign(null, Buffer.from(signedText(signed)), privateKey).toString('base64')
  const message = { command: { ...signed, ...tampered }, keyId: '0123456789abcdef', signature }
  return Buffer.from(JSON.stringify(message))
}

const judge = (parts: Partial<Command> = {}, circumstances: Partial<CommandCircumstances> = {}) => {
  const judgement = checkCommand(payloadOf(parts), { ...now, ...circumstances })
  return judgement.kind === 'refused' ? judgement.result : judgement.kind
}

test('a command that is right in every point is accepted, up to its last millisecond', () => {
  assert.equal(judge(), 'accepted')
  assert.equal(judge({}, { uptimeMs: 100_001 }), 'expired')
})

test('a command kept by the broker is not even answered', () => {
  assert.equal(judge({}, { isRetained: true }), 'ignored')
})

test('every field is under the signature', () => {
  const tamperings: Partial<Command>[] = [
    { id: randomUUID() },
    { deviceId: randomUUID() },
    { printerId: randomUUID() },
    { printId: randomUUID() },
    { action: 'cancel' },
    { issuer: { personId: 'q', name: 'Eve' } },
    { boot: randomUUID() },
    { notAfterUptimeMs: 1e12 },
    { snapshotId: randomUUID() },
  ]
  for (const tampered of tamperings) {
    assert.equal(checkCommand(payloadOf({}, tampered), now).kind, 'ignored', JSON.stringify(tampered))
  }
})

test('a resume needs a paused print and a picture from here of at most 30 s', () => {
  assert.equal(judge({}, { snapshotAgeMs: () => 30_001 }), 'refused')
  assert.equal(judge({ snapshotId: undefined }), 'refused')
  assert.equal(judge({ snapshotId: randomUUID() }), 'refused')
  for (const state of ['printing', 'resuming', 'finished', 'offline'] as const) {
    assert.equal(judge({}, { printer: () => ({ printId: ids.print, state }) }), 'refused', state)
  }
})

test('pause and stop are for the print they name, and for one that runs', () => {
  for (const action of ['pause', 'cancel'] as const) {
    assert.equal(judge({ action, snapshotId: undefined }), 'accepted')
    assert.equal(judge({ action, printId: randomUUID() }), 'refused')
    assert.equal(judge({ action, printId: undefined }), 'refused')
    assert.equal(judge({ action }, { printer: () => ({ printId: undefined, state: 'idle' }) }), 'refused')
  }
})

test('what nobody we believe has signed is not answered', () => {
  assert.equal(judge({}, { keys: new Map() }), 'ignored')
  assert.equal(judge({ deviceId: randomUUID() }), 'ignored')
  for (const junk of ['', 'null', '{}', '\u0000', '{"command":{}}']) {
    assert.equal(checkCommand(Buffer.from(junk), now).kind, 'ignored')
  }
})
