import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { SignedCommand, signedText } from '@layerwatch/shared/commands.ts'
import { eventTypes, parseEvent } from '@layerwatch/shared/events.ts'
import { decodeLive, encodeLive, LiveHeader } from '@layerwatch/shared/live.ts'
import { PairingReply, PairingRequest } from '@layerwatch/shared/pairing.ts'
import { Receipt } from '@layerwatch/shared/receipts.ts'
import { DeviceStatus } from '@layerwatch/shared/status.ts'
import { z } from 'zod'

/**
 * A sample of every message of version 1. A file here was released: it is never changed, only added to, and
 * every later version reads it.
 */

const folder = path.resolve(import.meta.dirname, '../fixtures/v1')
const names = readdirSync(folder)
const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'))
const named = (prefix: string) => names.filter((name) => name.startsWith(prefix))

/** The same message as a later version may send it: with a field more at every depth. */
function fromLater(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromLater)
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).map(([key, field]) => [key, fromLater(field)])
  return { ...Object.fromEntries(fields), addedLater: { deep: [1] } }
}

/** Records name their own keys; a stranger among them is a value, not a field of a later version. */
function withoutAddedKeys(json: unknown, ...records: string[]): unknown {
  return JSON.parse(JSON.stringify(json), (key, value) => {
    if (!records.includes(key)) return value
    const { addedLater: _, ...rest } = value
    return rest
  })
}

test('there is a sample of every event type, and each is read', () => {
  const seen = named('event.').map((name) => {
    const parsed = parseEvent(read(name))
    assert.equal(parsed.kind, 'known', `${name}: ${JSON.stringify(parsed)}`)
    return name.replace(/^event\.|\.json$/g, '')
  })
  assert.deepEqual(seen.toSorted(), eventTypes.toSorted())
})

test('an event of a later version is read by what this one knows', () => {
  for (const name of named('event.')) {
    const json = read(name)
    const later = withoutAddedKeys(fromLater(json), 'defects', 'missing')
    assert.deepEqual(parseEvent(later), parseEvent(json), name)
  }
})

test('an event type of a later version is kept, not refused', () => {
  const json = z.record(z.string(), z.unknown()).parse(read('event.layer.judged.json'))
  const parsed = parseEvent({ ...json, type: 'bed.levelled', data: ['anything'] })
  assert.equal(parsed.kind, 'unknown')
})

const schemas: [prefix: string, schema: z.ZodType][] = [
  ['status', DeviceStatus],
  ['receipt.', Receipt],
  ['command.', SignedCommand],
  ['pairing.request', PairingRequest],
  ['pairing.reply', PairingReply],
]

for (const [prefix, schema] of schemas) {
  test(`every ${prefix.replace(/\.$/, '')} is read, also with a later version’s fields`, () => {
    assert.ok(named(prefix).length > 0)
    for (const name of named(prefix)) {
      const json = read(name)
      const later = withoutAddedKeys(fromLater(json), 'commandKeys')
      assert.deepEqual(schema.parse(later), schema.parse(json), name)
    }
  })
}

test('a live frame survives the way', () => {
  const { header, jpegBase64 } = z
    .object({ header: z.unknown(), jpegBase64: z.string() })
    .parse(read('live.json'))
  const jpeg = Buffer.from(jpegBase64, 'base64')
  const bytes = encodeLive(LiveHeader.parse(fromLater(header)), jpeg)
  const decoded = decodeLive(bytes)
  assert.deepEqual(decoded?.header, LiveHeader.parse(header))
  assert.deepEqual(Buffer.from(decoded?.jpeg ?? []), jpeg)
})

test('what is signed of a command is the same text whatever order its fields come in', () => {
  const { command } = SignedCommand.parse(read('command.resume.json'))
  const turned = Object.fromEntries(Object.entries(command).reverse())
  assert.equal(signedText(SignedCommand.shape.command.parse(turned)), signedText(command))
  assert.equal(
    signedText(command),
    'layerwatch-command-v1\n{"action":"resume","boot":"01935f2a-0000-7000-8000-000000000002","deviceId":"01935f2a-0000-7000-8000-000000000005","id":"01935f2a-0000-7000-8000-000000000008","issuer":{"name":"Anna","personId":"kJ3nB2"},"notAfterUptimeMs":150000,"printId":"01935f2a-0000-7000-8000-000000000004","printerId":"01935f2a-0000-7000-8000-000000000003","snapshotId":"01935f2a-0000-7000-8000-000000000006"}',
  )
})
