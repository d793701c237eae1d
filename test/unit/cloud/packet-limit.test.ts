import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { PacketLimit } from '../../../cloud/broker/packet-limit.ts'

/** A PUBLISH whose rest has this many bytes. */
function packet(length: number): Buffer {
  const header = [0x30]
  let left = length
  do {
    const digit = left % 128
    left = Math.floor(left / 128)
    header.push(left > 0 ? digit | 0x80 : digit)
  } while (left > 0)
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0x7f)])
}

async function pass(chunks: Iterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const limit = new PacketLimit(maxBytes)
  const out: Buffer[] = []
  limit.on('data', (chunk: Buffer) => out.push(chunk))
  const ended = new Promise<void>((resolve, reject) => limit.on('end', resolve).on('error', reject))
  for (const chunk of chunks) limit.write(chunk)
  limit.end()
  await ended
  return Buffer.concat(out)
}

test('packets up to the limit pass unchanged, however they are cut', async () => {
  const bytes = Buffer.concat([0, 1, 127, 128, 300, 16_383, 16_384, 20_000].map(packet))
  for (const size of [1, 2, 3, 1000, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    assert.ok((await pass(chunks, 20_000)).equals(bytes), `cut every ${size}`)
  }
})

test('a packet that says it is larger ends the stream before its bytes come', async () => {
  await assert.rejects(pass([packet(20_001).subarray(0, 5)], 20_000), ProtocolError)
  await assert.rejects(pass([packet(300), packet(20_001)], 20_000), ProtocolError)
})

test('a length that never ends is refused', async () => {
  await assert.rejects(pass([Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80])], 20_000), ProtocolError)
})
