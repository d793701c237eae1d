import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { createSimulation, type SimulationOptions } from '../../../device/simulator/simulation.ts'
import { measureRenderSpeed } from '../../../device/simulator/speed.ts'

const size = { width: 320, height: 240 }
const good: SimulationOptions = { seed: 7, world: 'judge', layers: 24, shape: 'cube' }
const coming: SimulationOptions = { ...good, failure: { kind: 'detached', layer: 12 } }

/** Print seconds of a layer of this cube, roughly. */
const layerSeconds = (() => {
  const { secondsLeft, layers } = createSimulation(good).status()
  return secondsLeft / layers
})()

async function frameAt(options: SimulationOptions, layer: number): Promise<Uint8Array> {
  const simulation = createSimulation(options)
  simulation.advance(layer * layerSeconds)
  return simulation.renderFrame(size)
}

/** With the head parked, so that only the print and the noise can differ. */
async function parkedFrameAt(options: SimulationOptions, layer: number): Promise<Uint8Array> {
  const simulation = createSimulation(options)
  simulation.advance(layer * layerSeconds)
  simulation.act('pause')
  simulation.advance(10)
  return simulation.renderFrame(size)
}

async function difference(a: Uint8Array, b: Uint8Array): Promise<{ mean: number; changed: number }> {
  const read = (jpeg: Uint8Array) => sharp(jpeg).greyscale().blur(1.5).raw().toBuffer()
  const [left, right] = await Promise.all([read(a), read(b)])
  let [sum, changed] = [0, 0]
  left.forEach((value, i) => {
    const step = Math.abs(value - (right[i] ?? 0))
    sum += step
    if (step > 24) changed++
  })
  return { mean: sum / left.length, changed: changed / left.length }
}

test('a frame is a JPEG of the size asked for and carries nothing beside its pixels', async () => {
  const jpeg = await frameAt(coming, 14)
  const { format, width, height, exif, xmp, iptc, comments } = await sharp(jpeg).metadata()
  assert.deepEqual({ format, width, height }, { format: 'jpeg', ...size })
  assert.deepEqual([exif, xmp, iptc, comments], [undefined, undefined, undefined, undefined])
})

test('a run repeats byte for byte from its seed', async () => {
  const run = async (options: SimulationOptions) => {
    const simulation = createSimulation(options)
    const frames: string[] = []
    for (let i = 0; i < 9; i++) {
      simulation.advance(layerSeconds * 2)
      frames.push(Buffer.from(await simulation.renderFrame(size)).toString('base64'))
    }
    return frames
  }
  const first = await run(coming)
  assert.deepEqual(await run(coming), first)
  assert.notDeepEqual(await run({ ...coming, seed: 8 }), first)
  assert.equal(new Set(first).size, first.length)
})

test('until its failure a print looks to the byte like a good one, and then it does not', async () => {
  assert.deepEqual(await frameAt(coming, 10), await frameAt(good, 10))
  const { changed } = await difference(await parkedFrameAt(coming, 16), await parkedFrameAt(good, 16))
  assert.ok(changed > 0.01, `only ${changed} of the frame changed`)
})

test('drawing often on the way leads to the same picture as drawing once', async () => {
  const simulation = createSimulation(coming)
  for (let i = 0; i < 15; i++) {
    simulation.advance(layerSeconds)
    await simulation.renderFrame(size)
  }
  const { mean, changed } = await difference(await simulation.renderFrame(size), await frameAt(coming, 15))
  assert.ok(mean < 0.6 && changed < 0.002, `mean ${mean}, changed ${changed}`)
})

test('a good print stays as it is: a layer later only its top has changed', async () => {
  for (const shape of ['cube', 'vase', 'gear'] as const) {
    const options = { ...good, shape }
    const { mean, changed } = await difference(
      await parkedFrameAt(options, 12),
      await parkedFrameAt(options, 13),
    )
    assert.ok(mean < 3 && changed < 0.02, `${shape}: mean ${mean}, changed ${changed}`)
  }
})

test('two pictures of the same moment differ in their noise, as those of a camera do', async () => {
  const simulation = createSimulation(good)
  simulation.advance(layerSeconds * 5)
  simulation.act('pause')
  simulation.advance(5)
  const first = await simulation.renderFrame(size)
  simulation.advance(1)
  const second = await simulation.renderFrame(size)
  assert.notDeepEqual(first, second)
  assert.ok((await difference(first, second)).mean < 2)
})

test('going back in time draws the picture anew', async () => {
  const simulation = createSimulation(good)
  simulation.advance(layerSeconds * 20)
  await simulation.renderFrame(size)
  simulation.act('cancel')
  simulation.advance(5)
  assert.equal(simulation.act('start').isDone, true)
  const { changed } = await difference(await simulation.renderFrame(size), await frameAt(good, 20))
  assert.ok(changed > 0.02)
})

test('a file of G-code is printed as well, and one without plastic is refused', async () => {
  const square = (z: number) => `G1 Z${z}\nG1 X0 Y0\nG1 X40 Y0 E2\nG1 X40 Y40 E2\nG1 X0 Y40 E2\nG1 X0 Y0 E2\n`
  const lines = Array.from({ length: 8 }, (_, i) => square(0.3 * (i + 1)))
  const gcode = new TextEncoder().encode(`M83\n${lines.join('')}`)
  const simulation = createSimulation({ seed: 1, world: 'judge', file: { name: 'square.gcode', gcode } })
  assert.equal(simulation.status().layers, 8)
  simulation.advance(30)
  assert.ok((await simulation.renderFrame(size)).length > 3000)
  const empty = new TextEncoder().encode('G28\nG1 X5\n')
  assert.throws(
    () => createSimulation({ seed: 1, world: 'judge', file: { name: 'a', gcode: empty } }),
    RangeError,
  )
})

test('the speed of drawing is measured', async () => {
  const speed = await measureRenderSpeed({ frames: 12 })
  assert.equal(speed.frames, 12)
  // Far below what is reached: the machine that runs the tests may be busy.
  assert.ok(speed.framesPerCpuSecond > 6, `${speed.framesPerCpuSecond} frames a second`)
  assert.ok(speed.framesPerSecond > 0 && speed.worstMs > 0)
})
