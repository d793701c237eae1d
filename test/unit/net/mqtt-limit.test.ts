import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketMeter } from '../../../device/net/mqtt-limit.ts'
import { createRandom } from '../../../device/simulator/random.ts'

/** A packet of this many bytes behind its head, by the rule of section 2.2.3 of MQTT 3.1.1. */
function packet(length: number): Buffer {
  const head = [0x30]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    head.push((rest % 128) + (rest >= 128 ? 128 : 0))
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0xff)])
}

test('packets up to the limit pass however they are cut, and one byte more does not, for 200 seeds', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed)
    const maxBytes = random.whole(1, 40_000)
    const lengths = Array.from({ length: 5 }, () => random.whole(0, maxBytes))
    const meter = new PacketMeter(maxBytes)
    const fine = Buffer.concat(lengths.map(packet))
    for (let at = 0, step = 0; at < fine.length; at += step) {
      step = random.whole(1, 3000)
      assert.ok(meter.take(fine.subarray(at, at + step)), `seed ${seed}`)
    }
    assert.equal(meter.take(packet(maxBytes + 1)), false, `seed ${seed}`)
  }
})

test('a length that never ends is one that is too long', () => {
  assert.equal(new PacketMeter(1000).take(Buffer.alloc(6, 0x80)), false)
  assert.equal(new PacketMeter(1000).take(Buffer.alloc(7, 0xff)), false)
})
