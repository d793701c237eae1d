import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import {
  countChanged,
  type Motion,
  motionSize,
  noMotion,
  noticeMotion,
} from '../../../device/printer/motion.ts'
import { openNoLink } from '../../../device/printer/none.ts'
import type { PrinterStatus } from '../../../device/printer/printer.ts'
import { createRandom, type Random } from '../../../device/simulator/random.ts'
import { drawPicture } from '../../fakes/pictures.ts'
import { waitUntil } from '../../setup/wait.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const cells = motionSize.width * motionSize.height
const minuteMs = 60_000

/** A grey scene with a camera's noise, a head of 8 by 8 cells somewhere, and more or less light. */
function drawScene(random: Random, { headAt, light = 0 }: { headAt: number; light?: number }): Uint8Array {
  return Uint8Array.from({ length: cells }, (_, cell) => {
    const [x, y] = [cell % motionSize.width, Math.floor(cell / motionSize.width)]
    const isHead = x >= headAt && x < headAt + 8 && y >= 10 && y < 18
    return (isHead ? 30 : 120) + light + (random.next() - 0.5) * 6
  })
}

/** Looks every ten seconds for some minutes; `scene` draws what is seen at a minute. */
function look(motion: Motion, { fromMs, minutes, scene }: Watched): { motion: Motion; atMs: number } {
  let now = motion
  let atMs = fromMs
  for (; atMs < fromMs + minutes * minuteMs; atMs += 10_000) now = noticeMotion(now, scene(atMs), atMs)
  return { motion: now, atMs }
}
type Watched = { fromMs: number; minutes: number; scene: (atMs: number) => Uint8Array }

test('a still printer is idle under noise, clouds and a lamp that is switched on, for twenty seeds', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed)
    const clouds = (atMs: number) => Math.sin(atMs / 90_000) * 25 + (atMs > 10 * minuteMs ? 40 : 0)
    const scene = (atMs: number) => drawScene(random, { headAt: 20, light: clouds(atMs) })
    assert.equal(look(noMotion, { fromMs: 0, minutes: 30, scene }).motion.isPrinting, false, `seed ${seed}`)
  }
})

test('a person who reaches in once is no print', () => {
  const random = createRandom(3)
  const scene = (atMs: number) => drawScene(random, { headAt: atMs === 5 * minuteMs ? 40 : 20 })
  assert.equal(look(noMotion, { fromMs: 0, minutes: 10, scene }).motion.isPrinting, false)
})

test('a moving head is a print within a minute, which ends ten minutes after it stopped', () => {
  const random = createRandom(4)
  const moving = () => drawScene(random, { headAt: Math.floor(random.next() * 50) })
  const still = () => drawScene(random, { headAt: 5 })
  const begun = look(noMotion, { fromMs: 0, minutes: 1, scene: moving })
  assert.equal(begun.motion.isPrinting, true)
  const held = look(begun.motion, { fromMs: begun.atMs, minutes: 9, scene: still })
  assert.equal(held.motion.isPrinting, true, 'a change of filament is no end')
  const over = look(held.motion, { fromMs: held.atMs, minutes: 2, scene: still })
  assert.equal(over.motion.isPrinting, false)
})

test('light that changes everywhere changes no cell', () => {
  const before = Uint8Array.from({ length: cells }, (_, cell) => 50 + (cell % 7))
  assert.equal(
    countChanged(
      before,
      before.map((value) => value + 60),
    ),
    0,
  )
})

test('without a link it prints while pictures change, and nothing can be done to it', async () => {
  let number = 0
  let isGone = false
  const printer = openNoLink({
    look: async () => {
      if (isGone) throw new UnavailableError('gone')
      return { jpeg: await drawPicture(number++), capturedAtMs: performance.now() }
    },
    log,
    lookEveryMs: 5,
  })
  assert.equal((await printer.status(never)).state, 'idle')
  const heard: PrinterStatus[] = []
  const ended = new AbortController()
  const watching = printer.watch((status) => heard.push(status), ended.signal)
  await waitUntil('motion is seen', () => heard.at(-1)?.state === 'printing')
  isGone = true
  const { state, job, layer } = await printer.status(never)
  assert.deepEqual([state, layer], ['printing', undefined], 'a camera that is lost ends no print')
  assert.ok(job?.runId)
  const { actions, limits } = await printer.probe(never)
  assert.deepEqual(actions, [])
  assert.match(limits.join(), /Can only watch, because there is no link to the printer/)
  await assert.rejects(printer.act('pause', never), RejectedError)
  ended.abort()
  await watching
})
