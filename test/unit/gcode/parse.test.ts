import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GcodeEvent, type GcodeMove, parseGcode, parseGcodeStream } from '../../../device/gcode/parse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string): GcodeEvent[] => [...parseGcode(bytes(text))]
const moves = (text: string): GcodeMove[] => parse(text).filter((event) => event.kind === 'move')

test('a move says where it goes, what it feeds and which bytes it came from', () => {
  const [first, second] = moves('G1 X10 Y5 F3000\nG1 X20 E1.5\n')
  assert.deepEqual(first?.to, { x: 10, y: 5, z: 0 })
  assert.equal(first?.feedMmPerSecond, 50)
  assert.deepEqual(
    [second?.from.x, second?.to.x, second?.extrudedMm, second?.byte, second?.endByte],
    [10, 20, 1.5, 16, 28],
  )
})

test('absolute extrusion is told as what each move feeds, across G92', () => {
  const fed = moves('M82\nG1 X1 E2\nG1 X2 E5\nG92 E0\nG1 X3 E1\n').map((move) => move.extrudedMm)
  assert.deepEqual(fed, [2, 3, 1])
})

test('relative extrusion and a retraction keep their signs', () => {
  const fed = moves('M83\nG1 X1 E2\nG1 E-0.8\nG1 E0.8\nG1 X2 E2\n').map((move) => move.extrudedMm)
  assert.deepEqual(fed, [2, -0.8, 0.8, 2])
})

test('a G91 and G90 around a lift leave M83 in force', () => {
  const fed = moves('M83\nG1 X1 E2\nG91\nG1 Z1\nG90\nG1 X2 E2\n').map((move) => move.extrudedMm)
  assert.deepEqual(fed, [2, 0, 2])
})

test('relative positioning, homing and G92 move the origin as printers do', () => {
  const ends = moves('G91\nG1 X5 Y5\nG1 X5\nG90\nG28 X\nG1 Y1\nG92 X100\nG1 Z2\n').map((move) => move.to)
  assert.deepEqual(ends[1], { x: 10, y: 5, z: 0 })
  assert.deepEqual(ends[2], { x: 0, y: 1, z: 0 })
  assert.deepEqual(ends[3], { x: 100, y: 1, z: 2 })
})

test('inches are read as millimetres', () => {
  assert.equal(moves('G20\nG1 X1\n')[0]?.to.x, 25.4)
})

test('an arc becomes short moves on its circle and ends exactly where it says', () => {
  const arc = moves('G1 X10 Y0\nG3 X0 Y10 I-10 J0 E3\n').slice(1)
  assert.ok(arc.length >= 5)
  for (const { to } of arc) assert.ok(Math.abs(Math.hypot(to.x, to.y) - 10) < 1e-6)
  assert.deepEqual(arc.at(-1)?.to, { x: 0, y: 10, z: 0 })
  const fed = arc.reduce((sum, move) => sum + move.extrudedMm, 0)
  assert.ok(Math.abs(fed - 3) < 1e-9)
})

test('a clockwise arc goes the other way round, and a radius does as well as a centre', () => {
  const clockwise = moves('G1 X10 Y0\nG2 X0 Y10 I-10 J0\n').slice(1)
  assert.ok(clockwise.length > moves('G1 X10 Y0\nG3 X0 Y10 I-10 J0\n').length)
  const byRadius = moves('G1 X10 Y0\nG3 X0 Y10 R10\n').slice(1)
  for (const { to } of byRadius) assert.ok(Math.abs(Math.hypot(to.x, to.y) - 10) < 1e-6)
})

test("slicers' comments are read in each slicer's words", () => {
  const text =
    ';LAYER_CHANGE\n;Z:0.4\n;HEIGHT:0.2\n;TYPE:External perimeter\n;LAYER:3\n;WIDTH:0.45\n;nothing\n'
  assert.deepEqual(
    parse(text).map(({ byte: _byte, ...note }) => note),
    [
      { kind: 'layer' },
      { kind: 'z', zMm: 0.4 },
      { kind: 'height', heightMm: 0.2 },
      { kind: 'role', role: 'External perimeter' },
      { kind: 'layer' },
      { kind: 'width', widthMm: 0.45 },
    ],
  )
})

test('line numbers, checksums, lower case, CR and odd spacing do no harm', () => {
  const [move] = moves('N12 g01 x 1.5 y-2 e.25*77\r\n')
  assert.deepEqual([move?.to.x, move?.to.y, move?.extrudedMm], [1.5, -2, 0.25])
})

test('rubbish is passed over', () => {
  assert.deepEqual(
    parse('\n\n???\nM117 Hello X10\nG1\x00\nT0\n').filter(({ kind }) => kind !== 'move'),
    [],
  )
})

test('chunks cut anywhere give the same as the whole file', async () => {
  const text = 'G28\n;LAYER:0\nG1 X1 Y2 E1 ; über\nG2 X5 Y5 I1 J1\nM104 S200\nG1 X3'
  const file = Buffer.from(text, 'latin1')
  for (const size of [1, 3, 7, 1000]) {
    const events: GcodeEvent[] = []
    for await (const event of parseGcodeStream(inPieces(file, size))) events.push(event)
    assert.deepEqual(events, [...parseGcode(file)], `in pieces of ${size}`)
  }
})

async function* inPieces(file: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < file.length; i += size) yield file.subarray(i, i + size)
}
