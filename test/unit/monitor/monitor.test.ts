import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { Fallback } from '../../../device/pause/fallback.ts'
import { lampModeOf } from '../../../device/pins/lamp.ts'
import { failsAt, openScene } from '../../fakes/scripted-monitor.ts'
import { ScriptedPrint } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

const minute = 60_000

test('a print that fails is paused within three layers, and the events tell it in order', async (t) => {
  const { clock, print, types, find } = openScene(t, { score: failsAt(212) })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  assert.ok(print.printSeconds - 212 <= 60, `paused ${print.printSeconds - 212} s after the failure`)
  await clock.runUntil(() => types().includes('printer.paused'), minute)
  const order = [
    'print.started',
    'defect.suspected',
    'defect.confirmed',
    'pause.sent',
    'printer.paused',
  ] as const
  const places = order.map((type) => types().indexOf(type))
  assert.ok(!places.includes(-1), types().join(' '))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.deepEqual(find('printer.paused')[0]?.data, { by: 'layerwatch', layer: print.layer })
  const judged = find('layer.judged').at(-1)?.data
  assert.ok(judged && 'health' in judged)
  assert.deepEqual([judged.layer, judged.health], [print.layer, 'failed'], 'the strip ends in a failed layer')
  assert.deepEqual(
    find('snapshot.taken').map(({ data }) => 'purpose' in data && data.purpose),
    ['suspected', 'before', 'confirmed'],
  )
})

test('the picture from before is from before the evidence began, however fast the layers are', async (t) => {
  // Weak evidence gathers over more layers than pictures of good ones are kept.
  const score = (seconds: number) => (seconds < 100 ? 0.05 : 0.93)
  const { clock, print, find } = openScene(t, { score, layerSeconds: 5 })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  const [suspected] = find('defect.suspected')
  assert.ok(suspected?.type === 'defect.suspected')
  const before = find('snapshot.taken').find(
    ({ type, data }) => type === 'snapshot.taken' && data.purpose === 'before',
  )
  assert.ok(before?.type === 'snapshot.taken' && before.data.layer !== undefined)
  assert.ok(before.data.layer < suspected.data.beganAtLayer, `layer ${before.data.layer} shows it already`)
})

test('a good print of a hundred layers is never paused, and each layer is judged once', async (t) => {
  const { clock, print, find } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.layer > 100, 40 * minute)
  assert.deepEqual(print.acts, [])
  const layers = find('layer.judged').map(({ data }) => ('layer' in data ? data.layer : undefined))
  assert.equal(new Set(layers).size, layers.length)
  assert.ok(layers.length >= 98, `${layers.length} layers`)
})

test('a printer that can only be watched is told of as failing, and nothing is tried on it', async (t) => {
  const clock = new VirtualClock()
  const scripted = new ScriptedPrint({ layerSeconds: 20, score: failsAt(60), clock })
  const probe = async () => ({ description: 'no link', actions: [], limits: ['Can only watch.'] })
  const parts = { printer: { ...scripted.printer, probe } }
  const { find } = openScene(t, { clock, score: failsAt(60), parts })
  await clock.runUntil(() => find('defect.confirmed').length > 0, 20 * minute)
  await clock.run(2 * minute)
  assert.deepEqual([...find('pause.sent'), ...find('pause.failed')], [])
  assert.equal(find('snapshot.taken').length > 0, true)
})

test('a pause is tried three times, then said to have failed, and tried again while the failure lasts', async (t) => {
  let cuts = 0
  const { clock, print, types, find } = openScene(t, {
    score: failsAt(100),
    parts: {
      fallbacks: [
        {
          means: 'relay',
          use: async () => {
            cuts += 1
          },
        },
      ],
    },
  })
  print.onAct = () => {
    throw new RejectedError('not now')
  }
  await clock.runUntil(() => types().includes('pause.failed'), 20 * minute)
  assert.deepEqual(find('pause.failed')[0]?.data, { by: 'layerwatch', reason: 'not now', tries: 3 })
  assert.equal(cuts, 1)
  print.onAct = (action) => print.obey(action)
  await clock.runUntil(() => print.state === 'paused', minute)
})

test('a printer that can only be watched is ended by other means where its owner configured one, once', async (t) => {
  const clock = new VirtualClock()
  const scripted = new ScriptedPrint({ layerSeconds: 20, score: failsAt(60), clock })
  const probe = async () => ({ description: 'no link', actions: [], limits: ['Can only watch.'] })
  let calls = 0
  const plug: Fallback = {
    means: 'webhook',
    use: async () => {
      calls += 1
    },
  }
  const parts = { printer: { ...scripted.printer, probe }, fallbacks: [plug] }
  const { find } = openScene(t, { clock, score: failsAt(60), parts })
  await clock.runUntil(() => find('fallback.used').length > 0, 20 * minute)
  await clock.run(5 * minute)
  assert.equal(calls, 1)
  assert.deepEqual(find('pause.failed')[0]?.data, { by: 'layerwatch', reason: 'Can only watch.', tries: 0 })
  assert.deepEqual(find('fallback.used')[0]?.data, { means: 'webhook', result: 'unconfirmed', tries: 1 })
})

test('with the printer out of reach the pause fails, and the relay stays as it is', async (t) => {
  const { clock, print, types } = openScene(t, {
    score: failsAt(100),
    parts: { fallbacks: [{ means: 'relay', use: async () => {} }] },
  })
  await clock.runUntil(() => print.printSeconds > 100, 20 * minute)
  print.isReachable = false
  await clock.runUntil(() => types().includes('pause.failed'), 5 * minute)
  assert.ok(types().includes('printer.lost'))
  assert.ok(!types().includes('fallback.used'), 'lost contact alone cuts nothing')
  print.isReachable = true
  await clock.runUntil(() => print.state === 'paused', 2 * minute)
  assert.ok(types().includes('printer.restored'))
  assert.ok(!types().includes('fallback.used'))
})

test('where the owner only wants to be told, the print goes on', async (t) => {
  const { clock, print, types } = openScene(t, { score: failsAt(100), policy: 'action: notify' })
  await clock.runUntil(() => types().includes('defect.confirmed'), 20 * minute)
  await clock.run(2 * minute)
  assert.deepEqual(print.acts, [])
})

test('a person resumes after a false alarm: the same sight does not pause again, a growing one does', async (t) => {
  let area = 0.05
  const { clock, print, monitor, types, signal } = openScene(t, { score: failsAt(100), area: () => area })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  await clock.runUntil(() => types().includes('printer.paused'), minute)
  await Promise.all([
    monitor.link.act('resume', 'person', signal),
    clock.runUntil(() => types().includes('printer.resumed'), minute),
  ])
  await clock.run(15 * minute)
  assert.equal(print.state, 'printing')
  area = 0.3
  await clock.runUntil(() => print.state === 'paused', 5 * minute)
})

test('a pause at the printer itself is told from ours', async (t) => {
  const { clock, print, find, types } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 68, 5 * minute)
  print.set('paused')
  await clock.runUntil(() => types().includes('printer.paused'), minute)
  assert.deepEqual(find('printer.paused')[0]?.data, { by: 'printer', layer: 4 })
})

test('a lost camera is said once within 15 s, and its return once', async (t) => {
  const { clock, print, find, monitor } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.isCameraThere = false
  await clock.runUntil(() => find('camera.lost').length > 0, 15_000)
  assert.equal(monitor.eyes.blind?.reason, 'camera-unreachable')
  await clock.run(5 * minute)
  assert.equal(find('camera.lost').length, 1)
  print.isCameraThere = true
  await clock.run(minute)
  assert.equal(find('camera.restored').length, 1)
  assert.ok(
    find('layer.judged').some(({ data }) => 'health' in data && data.health === 'unwatched'),
    'layers printed meanwhile were not watched',
  )
})

test('dark pictures are no evidence, and said', async (t) => {
  const { clock, print, find } = openScene(t, {
    score: () => 0.99,
    quality: () => ({ isUsable: false, reason: 'camera-dark' }),
  })
  await clock.runUntil(() => find('camera.lost').length > 0, minute)
  await clock.run(10 * minute)
  assert.deepEqual(print.acts, [])
  assert.deepEqual(find('camera.lost')[0]?.data, { reason: 'camera-dark' })
})

test('a printer that tells no layer is watched in windows of time', async (t) => {
  const { clock, print, find } = openScene(t, { score: failsAt(400), tellsLayer: false })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  assert.ok(find('layer.judged').length >= 5)
})

test('a printer and a camera that hang do not delay another printer', async (t) => {
  const clock = new VirtualClock()
  const hung = openScene(t, { score: () => 0.1, clock })
  const never = () => new Promise<never>(() => {})
  Object.assign(hung.print.printer, { status: never })
  Object.assign(hung.print.camera, { capture: never })
  const { print } = openScene(t, { score: failsAt(100), clock })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
})

test('the button pauses, and the events say that it was the button', async (t) => {
  const { clock, print, monitor, find, types, signal } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  await Promise.all([
    monitor.pauseByButton(signal),
    clock.runUntil(() => types().includes('printer.paused'), minute),
  ])
  for (const type of ['pause.sent', 'printer.paused'] as const) {
    const data = find(type)[0]?.data
    assert.equal(data && 'by' in data && data.by, 'button', type)
  }
})

test('the lamp tells a watched print, a suspicion, a failure and a lost camera apart, and goes dark with the print', async (t) => {
  const shown: string[] = []
  const score = (seconds: number) => (seconds < 100 || seconds > 400 ? 0.05 : 0.97)
  const { clock, print, monitor } = openScene(t, {
    score,
    parts: {
      onChange: () => {
        const mode = lampModeOf(monitor, false)
        if (mode !== shown.at(-1)) shown.push(mode)
      },
    },
  })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  print.set('printing')
  await clock.run(10_000)
  print.isCameraThere = false
  await clock.run(30_000)
  print.set('cancelled')
  await clock.run(10_000)
  assert.deepEqual(shown, ['watching', 'warning', 'failed', 'watching', 'blind', 'off'])
})

test('a print that ends closes its last layer before it is told to have ended', async (t) => {
  const { clock, print, types } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.layer > 3, 5 * minute)
  print.set('finished')
  await clock.runUntil(() => types().includes('print.finished'), minute)
  const end = types().indexOf('print.finished')
  assert.equal(types()[end - 1], 'layer.judged')
})

test('a printer that names its layers late is followed from its own number on', async (t) => {
  const { clock, print, find } = openScene(t, { score: () => 0.1, tellsLayer: false })
  await clock.runUntil(() => print.printSeconds > 310, 10 * minute)
  const before = find('layer.judged').length
  Object.assign(print.script, { tellsLayer: true, layerSeconds: 150 })
  await clock.runUntil(() => print.layer > 6, 30 * minute)
  const layers = find('layer.judged')
    .slice(before)
    .map(({ data }) => ('layer' in data ? data.layer : undefined))
  assert.deepEqual(layers, [6, 3, 4, 5])
})
