import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { pino } from 'pino'
import type { Entry } from '../../../device/watch/journal.ts'
import { LightKeeper } from '../../../device/watch/light.ts'
import type { LightConfig } from '../../../device/watch/light-config.ts'
import type { Observation } from '../../../device/watch/watch.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

const dark: Observation = { kind: 'unseen', reason: 'camera-dark', detail: '' }
const garbled: Observation = { kind: 'unseen', reason: 'camera-garbled', detail: '' }

/** A lamp that is written down, and may be told to fail or to hang. */
class Lamp {
  isLit = false
  isReadable = true
  trouble: 'none' | 'refuses' | 'hangs' = 'none'
  readonly asked: string[] = []

  async isOn(): Promise<boolean | undefined> {
    return this.isReadable ? this.isLit : undefined
  }

  async turn(to: 'on' | 'off'): Promise<void> {
    this.asked.push(to)
    if (this.trouble === 'hangs') await new Promise(() => {})
    if (this.trouble === 'refuses') throw new Error('no such lamp')
    this.isLit = to === 'on'
  }
}

describe('the light', () => {
  let clock: VirtualClock
  let lamp: Lamp
  let print: { state: PrinterState | undefined; printId: string | undefined }
  let recorded: Entry[]
  let stop: AbortController
  let running: Promise<void>
  let keeper: LightKeeper

  beforeEach(() => {
    clock = new VirtualClock()
    lamp = new Lamp()
    print = { state: 'idle', printId: undefined }
    recorded = []
    stop = new AbortController()
  })
  afterEach(async () => {
    stop.abort()
    await running
  })

  function keep(when: LightConfig['when']): void {
    const parts = { light: lamp, when, print: () => print, clock, log: pino({ level: 'silent' }) }
    keeper = new LightKeeper({ ...parts, record: (entries) => recorded.push(...entries) })
    running = keeper.run(stop.signal)
  }
  const see = (seen: Observation) => keeper.noteDarkness(async () => seen)(stop.signal)
  const begin = () => {
    print = { state: 'printing', printId: 'p1' }
  }
  const end = () => {
    print = { state: 'finished', printId: undefined }
  }
  const pass = (ms: number) => {
    const untilMs = clock.nowMs() + ms
    return clock.runUntil(() => clock.nowMs() >= untilMs, ms + 1_000)
  }

  test('is on as long as it prints where the owner wants that, and off again afterwards', async () => {
    keep('printing')
    await pass(5_000)
    assert.equal(lamp.isLit, false)
    begin()
    await clock.runUntil(() => lamp.isLit, 2_000)
    print = { ...print, state: 'paused' }
    await pass(5_000)
    assert.equal(lamp.isLit, true)
    end()
    await clock.runUntil(() => !lamp.isLit, 2_000)
    assert.deepEqual(lamp.asked, ['on', 'off'])
  })

  test('is switched on for a print that is too dark to see, and no sooner', async () => {
    keep('auto')
    await see(dark)
    await pass(5_000)
    begin()
    await see(garbled)
    await pass(5_000)
    assert.deepEqual(lamp.asked, [])
    await see(dark)
    await clock.runUntil(() => lamp.isLit, 2_000)
    await see(garbled)
    await pass(120_000)
    assert.deepEqual(lamp.asked, ['on'])
    end()
    await clock.runUntil(() => !lamp.isLit, 2_000)
  })

  test('is switched on where a further camera alone is in the dark', async () => {
    keep('auto')
    begin()
    await see({
      ...garbled,
      round: [{ camera: 'camera 2', kind: 'unseen', reason: 'camera-dark', detail: '' }],
    })
    await clock.runUntil(() => lamp.isLit, 2_000)
  })

  test('that was on already stays on', async () => {
    lamp.isLit = true
    keep('printing')
    begin()
    await pass(5_000)
    end()
    await pass(5_000)
    assert.deepEqual(lamp.asked, [])
  })

  test('of which nobody can tell whether it was on is left on', async () => {
    lamp.isReadable = false
    keep('printing')
    begin()
    await clock.runUntil(() => lamp.isLit, 2_000)
    end()
    await pass(5_000)
    assert.equal(lamp.isLit, true)
  })

  test('is given back when the watching ends in the middle of a print', async () => {
    keep('printing')
    begin()
    await clock.runUntil(() => lamp.isLit, 2_000)
    stop.abort()
    await running
    assert.equal(lamp.isLit, false)
  })

  test('stays on while nothing is heard of the printer', async () => {
    keep('printing')
    begin()
    await clock.runUntil(() => lamp.isLit, 2_000)
    print = { state: undefined, printId: 'p1' }
    await pass(5_000)
    print = { state: 'offline', printId: 'p1' }
    await pass(5_000)
    assert.deepEqual(lamp.asked, ['on'])
  })

  test('that does not obey is said once, and tried again each minute', async () => {
    lamp.trouble = 'refuses'
    keep('printing')
    begin()
    await pass(150_000)
    assert.deepEqual(recorded, [
      { printId: 'p1', type: 'light.failed', data: { to: 'on', reason: 'no such lamp' } },
    ])
    assert.equal(lamp.asked.length, 3)
    lamp.trouble = 'none'
    await clock.runUntil(() => lamp.isLit, 61_000)
    assert.equal(recorded.length, 1)
  })

  test('that a person switched is theirs until the print is over', async () => {
    keep('printing')
    begin()
    await clock.runUntil(() => lamp.isLit, 2_000)
    await keeper.turn('off', stop.signal)
    await see(dark)
    await pass(120_000)
    assert.deepEqual(lamp.asked, ['on', 'off'])
    await keeper.turn('on', stop.signal)
    end()
    await pass(5_000)
    assert.equal(lamp.isLit, true)
  })
})
