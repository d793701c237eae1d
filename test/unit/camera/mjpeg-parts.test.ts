import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { PartReader } from '../../../device/camera/mjpeg-parts.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const bodies = ['first', 'the second part', 'third\r\nwith lines']
const told = (body: string) => `Content-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`
const untold = (body: string) => `Content-Type: image/jpeg\r\n\r\n${body}\r\n`

/** Every part the reader gives where the stream comes in pieces of that size. */
function readAll(stream: string, { boundary = 'mark', step = 1 } = {}): string[] {
  const reader = new PartReader(boundary)
  const bytes = Buffer.from(stream)
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += step) {
    const part = reader.push(bytes.subarray(at, at + step), at)
    if (part !== undefined) parts.push(Buffer.from(part.bytes).toString().trimEnd())
  }
  return parts
}

for (const [name, part] of [
  ['told', told],
  ['untold', untold],
] as const) {
  test(`parts of ${name} length are cut out however the stream is chopped up`, () => {
    const stream = `${bodies.map((body) => `--mark\r\n${part(body)}`).join('')}--mark\r\n`
    for (const step of [1, 2, 3, 7, 20]) assert.deepEqual(readAll(stream, { step }), bodies)
  })
}

test('of several parts that come at once only the newest is given', () => {
  const stream = `${bodies.map((body) => `--mark\r\n${told(body)}`).join('')}--mark\r\n`
  assert.deepEqual(readAll(stream, { step: 10_000 }), ['third\r\nwith lines'])
})

test('noise before a boundary, bare line feeds and dashes of the camera’s own are taken', () => {
  const stream = 'noise\n----mark\nContent-Length: 5\n\nfirst\n----mark\nContent-Length: 3\n\ntwo\n----mark\n'
  assert.deepEqual(readAll(stream, { boundary: '--mark' }), ['first', 'two'])
})

test('a part, a head or a told length without end is refused', () => {
  const flood = (head: string, bytes: number) => {
    const reader = new PartReader('mark')
    reader.push(Buffer.from(head), 0)
    for (let sent = 0; sent < bytes; sent += 65536) reader.push(Buffer.alloc(65536, 65), 0)
  }
  assert.throws(() => flood('--mark\r\n\r\n', 16 * 1024 * 1024), ProtocolError)
  assert.throws(() => flood('--mark\r\nX-Long: ', 64 * 1024), ProtocolError)
  assert.throws(() => flood('--mark\r\nContent-Length: 99999999999\r\n\r\n', 0), ProtocolError)
})

test('a stream that never says its boundary is read without keeping it', () => {
  const reader = new PartReader('mark')
  for (let count = 0; count < 1000; count++) {
    assert.equal(reader.push(Buffer.alloc(65536, 45), 0), undefined)
  }
})

for (const tellsLength of [true, false]) {
  const how = tellsLength ? 'told' : 'untold'
  test(`a picture of ${how} length is stamped when its first byte came, and given when its last did`, async () => {
    const picture = await drawPicture(1)
    const length = tellsLength ? `Content-Length: ${picture.length}\r\n` : ''
    const reader = new PartReader('mark')
    // The head of the next part may come long before its picture.
    assert.equal(reader.push(Buffer.from(`--mark\r\n${length}\r\n`), 1_000), undefined)
    assert.equal(reader.push(picture.subarray(0, 1), 6_000), undefined)
    assert.equal(reader.push(picture.subarray(1, 300), 6_010), undefined)
    const part = reader.push(picture.subarray(300), 6_100)
    assert.equal(part?.beganAtMs, 6_000)
    assert.deepEqual(Buffer.from(part?.bytes ?? []), picture)
  })
}

test('half a picture of untold length ends at the boundary, and the next one is whole', async () => {
  const [first, second] = await Promise.all([drawPicture(1), drawPicture(2)])
  const half = first.subarray(0, first.length / 2)
  const stream = Buffer.concat([
    Buffer.from('--mark\r\n\r\n'),
    half,
    Buffer.from('\r\n--mark\r\n\r\n'),
    second,
  ])
  const reader = new PartReader('mark')
  const parts: Buffer[] = []
  for (let at = 0; at < stream.length; at += 100) {
    const part = reader.push(stream.subarray(at, at + 100), 0)
    if (part) parts.push(Buffer.from(part.bytes))
  }
  assert.deepEqual(parts, [Buffer.concat([half, Buffer.from('\r\n')]), second])
})
