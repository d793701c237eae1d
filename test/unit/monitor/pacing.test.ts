import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Printer } from '../../../device/printer/printer.ts'
import { openScene } from '../../fakes/scripted-monitor.ts'
import { ScriptedPrint } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

/** Printing seconds into its layer at which each layer was looked at first. */
async function firstLooks(t: Parameters<typeof openScene>[0], layerSeconds: number) {
  const looks: number[] = []
  const clock = new VirtualClock()
  const told = new ScriptedPrint({ layerSeconds, score: () => 0.05, clock })
  // As a printer that tells by itself: its layer at once, its figures each second.
  const watch: Printer['watch'] = async (tell, signal) => {
    let layer = 0
    while (!signal.aborted) {
      await clock.sleep(100, signal)
      const isNews = told.layer !== layer
      layer = told.layer
      if (isNews || Math.floor(told.printSeconds * 10) % 10 === 0) tell(await told.printer.status(signal))
    }
  }
  const { print } = openScene(t, {
    score: () => 0.05,
    layerSeconds,
    clock,
    parts: { printer: { ...told.printer, watch } },
  })
  const capture = print.camera.capture
  Object.assign(print.camera, {
    capture: (signal: AbortSignal) => {
      looks.push(print.printSeconds)
      return capture(signal)
    },
  })
  await clock.runUntil(() => print.printSeconds > 20 * layerSeconds, 40 * 60_000)
  const byLayer = Map.groupBy(looks, (seconds) => Math.floor(seconds / layerSeconds))
  return { looks, byLayer }
}

test('each layer is looked at at the same moment after it began', async (t) => {
  const { byLayer } = await firstLooks(t, 23)
  const moments = [...byLayer].slice(2, -1).map(([layer, looks]) => looks.map((one) => one - layer * 23))
  // At 5 s steps a first look would fall anywhere in the first five seconds.
  for (const looks of moments) {
    assert.ok(
      looks.some((one) => one >= 1.5 && one <= 1.75),
      `looked at after ${looks} s`,
    )
  }
})

test('layers of a second do not make more than twice as many looks', async (t) => {
  const { looks } = await firstLooks(t, 1)
  assert.ok(looks.length <= 2 * (20 / 5) + 2, `${looks.length} looks in 20 s`)
})
