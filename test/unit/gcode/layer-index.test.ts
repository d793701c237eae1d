import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexFile } from '../../../device/gcode/layer-index.ts'

const layer = (z: number) => `;LAYER_CHANGE\nG1 Z${z} F600\nG1 X10 Y10 E1\nG1 X20 Y10 E1\n`
const gcode = `G28\nM83\n${[0.2, 0.4, 0.6].map(layer).join('')}`
const encode = (text: string) => new TextEncoder().encode(text)

test('a file is indexed beside the watching: each byte lies in its layer', async () => {
  const layerAt = await indexFile(encode(gcode))
  assert.equal(layerAt(0), 0)
  const starts = [...gcode.matchAll(/;LAYER_CHANGE/g)].map(({ index }) => index)
  assert.deepEqual(starts.map(layerAt), [1, 2, 3])
  assert.deepEqual(
    starts.map((byte) => layerAt(byte - 1)),
    [0, 1, 2],
  )
  assert.equal(layerAt(1e9), 3)
})

test('a long file is given away, not copied; part of a larger memory is copied', async () => {
  const whole = Buffer.concat([encode(gcode.repeat(1000))])
  await indexFile(whole)
  assert.equal(whole.byteLength, 0)
  const part = encode(gcode).subarray(3)
  await indexFile(part)
  assert.ok(part.byteLength > 0)
})

test('what is no G-code has no layers', async () => {
  const layerAt = await indexFile(Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256))
  assert.equal(layerAt(4_000), 0)
})
