import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { isSealed, makeVault } from '../../../../cloud/keys/vault.ts'

const vault = makeVault(randomBytes(32))
const secret = { url: 'https://example.org/hook', secret: 'whsec_verysecret ü' }

test('what was sealed opens for the same thing, and shows nothing of itself', () => {
  const sealed = vault.seal(secret, 'contact anna webhook')
  assert.deepEqual(vault.open(sealed, 'contact anna webhook'), secret)
  assert.ok(isSealed(sealed))
  assert.doesNotMatch(JSON.stringify(sealed), /example|whsec|verysecret/)
  const again = vault.seal(secret, 'contact anna webhook')
  assert.notEqual(again.data, sealed.data)
  assert.notEqual(again.key, sealed.key)
})

test('it opens for nothing else, with no other key, and not with any bit changed', () => {
  const sealed = vault.seal(secret, 'contact anna webhook')
  const refused = (box: unknown, about = 'contact anna webhook', by = vault) =>
    assert.throws(() => by.open(box, about), RejectedError)
  refused(sealed, 'contact ben webhook')
  refused(sealed, undefined, makeVault(randomBytes(32)))
  for (const field of ['key', 'data'] as const) {
    const bytes = Buffer.from(sealed[field], 'base64')
    for (let place = 0; place < bytes.length; place++) {
      const bent = Buffer.from(bytes)
      bent[place] = (bent[place] ?? 0) ^ (1 << (place % 8))
      refused({ ...sealed, [field]: bent.toString('base64') })
    }
    refused({ ...sealed, [field]: bytes.subarray(0, 20).toString('base64') })
    refused({ ...sealed, [field]: '' })
  }
  for (const box of [undefined, null, {}, secret, { ...sealed, sealed: 2 }]) refused(box)
})
