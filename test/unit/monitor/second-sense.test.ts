import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Seen } from '../../../device/watch/watch.ts'
import { openScene } from '../../fakes/scripted-monitor.ts'
import { clearFigures, judgementOf } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'
import { drawScene, sceneRandom } from '../assess/change-scene.ts'

const minute = 60_000
const layerSeconds = 20
const clogLayer = 18

/** A print whose pictures look good to the network; the part grows to the height told for a layer. */
function watchGrowth(
  t: TestContext,
  heightAt: (layer: number) => number,
  more: { policy?: string; cameraAt?: (layer: number) => string } = {},
) {
  const clock = new VirtualClock()
  const random = sceneRandom(1)
  const observe = async (): Promise<Seen> => {
    const capturedAtMs = clock.nowMs()
    const layer = scene.print.layer
    const camera = more.cameraAt?.(layer)
    // The second camera stands elsewhere: there the part is at another place.
    const leftPx = camera === 'camera 2' ? 100 : 60
    const headX = random.whole(20, 110)
    const grey = drawScene({ heightPx: heightAt(layer), headX, leftPx }, random)
    const figures = { ...clearFigures, grey }
    return {
      kind: 'seen',
      frame: { jpeg: new Uint8Array([0xff, 0xd8]), capturedAtMs },
      judgement: { ...judgementOf(0.05), figures },
      frameMs: 1,
      ...(camera ? { camera } : {}),
    }
  }
  const { policy = '' } = more
  const scene = openScene(t, { clock, score: () => 0.05, layerSeconds, policy, parts: { observe } })
  return { ...scene, clock }
}

test('a clog is told as a suspicion within seven layers, and pauses nothing by itself', async (t) => {
  const { clock, print, find } = watchGrowth(t, (layer) => Math.min(layer, clogLayer))
  await clock.runUntil(() => find('defect.suspected').length > 0, 15 * minute)
  const [suspected] = find('defect.suspected')
  assert.ok(suspected?.type === 'defect.suspected')
  assert.equal(suspected.data.defect, 'no_growth')
  assert.match((suspected.data.reasons ?? []).join(' '), /hardly grew/)
  assert.ok(suspected.data.layer <= clogLayer + 7, `layer ${suspected.data.layer}`)
  await clock.runUntil(() => print.layer >= clogLayer + 14, 10 * minute)
  assert.deepEqual(find('defect.confirmed'), [])
  assert.deepEqual(print.acts, [])
})

test('a clog pauses the print where its owner says so', async (t) => {
  const { clock, print } = watchGrowth(t, (layer) => Math.min(layer, clogLayer), {
    policy: 'defects: {no_growth: pause}',
  })
  await clock.runUntil(() => print.state === 'paused', 15 * minute)
  assert.ok(print.layer <= clogLayer + 7, `layer ${print.layer}`)
})

test('a print that grows is left in peace', async (t) => {
  const { clock, print, find } = watchGrowth(t, (layer) => layer)
  await clock.runUntil(() => print.layer >= 40, 20 * minute)
  assert.deepEqual(find('defect.suspected'), [])
})

test('another camera that leads for some layers is not taken for a part that moved', async (t) => {
  const cameraAt = (layer: number) => (layer >= 20 && layer < 26 ? 'camera 2' : 'camera 1')
  const { clock, print, find } = watchGrowth(t, (layer) => layer, { cameraAt })
  await clock.runUntil(() => print.layer >= 40, 20 * minute)
  assert.deepEqual(find('defect.suspected'), [])
})

test('a part that somebody left out of the print and that grows no more is no clog', async (t) => {
  const { clock, print, find } = watchGrowth(t, (layer) => Math.min(layer, clogLayer))
  const { status } = print.printer
  Object.assign(print.printer, {
    status: async (signal: AbortSignal) => ({
      ...(await status(signal)),
      ...(print.layer >= clogLayer && { excludedObjects: ['PART_1'] }),
    }),
  })
  await clock.runUntil(() => print.layer >= clogLayer + 14, 20 * minute)
  assert.deepEqual(find('defect.suspected'), [])
  const layers = find('layer.judged').map(({ data }) => Object(data).layer)
  assert.deepEqual(
    layers,
    [...layers].sort((a, b) => a - b),
    'layers go on as they were',
  )
  assert.ok(layers.includes(clogLayer + 10))
})
