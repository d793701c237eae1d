import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPrintTime, startPrintTime } from '../../../device/assess/print-time.ts'
import { placeSights } from '../../../device/watch/sights.ts'
import type { Seen } from '../../../device/watch/watch.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

/** What a camera saw at a moment of the clock. */
function seenAt(capturedAtMs: number, camera: string): Seen {
  const frame = { jpeg: new Uint8Array([0xff, 0xd8]), capturedAtMs }
  return { kind: 'seen', frame, judgement: judgementOf(0.05), frameMs: 1, camera }
}

test('a picture taken before the print began, and judged after, is none of its pictures', () => {
  const status = { state: 'printing' as const, printSeconds: 14 }
  const time = readPrintTime(startPrintTime(10_000), status, 11_000)
  const late = seenAt(9_990, 'camera 1')
  assert.deepEqual(placeSights(late, time), [])
  const round = placeSights({ ...late, others: [seenAt(12_000, 'camera 2')] }, time)
  assert.deepEqual(
    round.map(({ seen, sight }) => [seen.camera, sight.atSeconds]),
    [['camera 2', 15]],
  )
})
