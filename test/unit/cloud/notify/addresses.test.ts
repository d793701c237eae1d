import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAddressCheck } from '../../../../cloud/notify/addresses.ts'

test('public addresses may be called; loopback, private, link-local and reserved ones may not', () => {
  const mayCall = makeAddressCheck([])
  for (const address of ['142.250.74.106', '1.1.1.1', '2a00:1450:4001:82b::200a']) {
    assert.equal(mayCall(address), true, address)
  }
  const inside = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.10', '169.254.169.254', '100.64.0.1']
  const reserved = ['0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.2.1']
  const six = [
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
  ]
  for (const address of [...inside, ...reserved, ...six, 'localhost', '']) {
    assert.equal(mayCall(address), false, address)
  }
})

test('what the operator names may be called, and nothing beside it', () => {
  const mayCall = makeAddressCheck(['10.0.0.0/24', '::1'])
  assert.deepEqual(['10.0.0.9', '10.0.1.9', '::1', '127.0.0.1'].map(mayCall), [true, false, true, false])
})
