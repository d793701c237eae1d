import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { deviceTopic, snapshotTopic, upwardFilters } from '@layerwatch/shared/topics.ts'
import { accessList, mayPublish, maySubscribe } from '../../../cloud/broker-rights.ts'

test('a device speaks upward and listens downward, in its own subtree alone', () => {
  assert.ok(mayPublish('a', deviceTopic('a', 'events')))
  assert.ok(mayPublish('a', snapshotTopic('a', 'x')))
  assert.ok(maySubscribe('a', deviceTopic('a', 'commands')))
  for (const topic of [
    deviceTopic('b', 'events'),
    deviceTopic('a', 'commands'),
    'v1/devices/a/events/x',
    'a',
    '',
  ]) {
    assert.equal(mayPublish('a', topic), false, topic)
  }
  for (const filter of [
    deviceTopic('b', 'commands'),
    deviceTopic('a', 'events'),
    '#',
    'v1/devices/a/+',
    'v1/#',
  ]) {
    assert.equal(maySubscribe('a', filter), false, filter)
  }
})

test('the cloud hears what devices say and speaks to them, nothing else', () => {
  for (const filter of upwardFilters) assert.ok(maySubscribe('cloud', filter))
  assert.ok(mayPublish('cloud', deviceTopic('a', 'commands')))
  assert.ok(mayPublish('cloud', deviceTopic('a', 'receipts')))
  assert.equal(mayPublish('cloud', deviceTopic('a', 'events')), false)
  assert.equal(maySubscribe('cloud', '#'), false)
})

test('the access list shipped for Mosquitto is the one written from these rights', () => {
  const shipped = readFileSync(new URL('../../../deploy/mosquitto/acl', import.meta.url), 'utf8')
  assert.equal(shipped, accessList())
})
