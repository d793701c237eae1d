import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openDueDetector } from '../../../device/detector/held-model.ts'
import { shippedModelDir } from '../../../device/detector/open.ts'

const log = pino({ level: 'silent' })
const shippedSha256 = JSON.parse(await readFile(path.join(shippedModelDir, 'manifest.json'), 'utf8')).sha256
const newSha256 = '1'.repeat(64)

/** An agent's folders, with the shipped model as the one that is configured. */
async function openFolders(t: TestContext) {
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-held-'))
  t.after(() => rm(dir, { recursive: true }))
  const [modelDir, dataDir] = [path.join(dir, 'model'), path.join(dir, 'data')]
  await cp(shippedModelDir, modelDir, { recursive: true, filter: (file) => !file.endsWith('training') })
  const start = async (isPrinting: boolean) => {
    const choiceFile = path.join(dataDir, 'detector.json')
    const options = { backend: 'onnx' as const, modelDir, threads: 1, dataDir, choiceFile, isPrinting, log }
    const { detector, isHeld } = await openDueDetector(options, AbortSignal.timeout(120_000))
    await detector.close()
    return { isHeld, modelSha256: detector.modelSha256 }
  }
  const update = async () => {
    const file = path.join(modelDir, 'manifest.json')
    const manifest = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...manifest, sha256: newSha256 }))
  }
  return { start, update, held: path.join(dataDir, 'model-in-use') }
}

test('a new model waits for the end of the print under way, however often the agent starts', async (t) => {
  const { start, update } = await openFolders(t)
  const old = { isHeld: false, modelSha256: shippedSha256 }
  assert.deepEqual(await start(false), old)
  assert.deepEqual(await start(true), old)
  await update()
  assert.deepEqual(await start(true), { ...old, isHeld: true })
  assert.deepEqual(await start(true), { ...old, isHeld: true })
  assert.deepEqual(await start(false), { isHeld: false, modelSha256: newSha256 })
  // From now on this is the model in use.
  assert.deepEqual(await start(true), { isHeld: false, modelSha256: newSha256 })
})

test('where the model of the print under way is damaged, the new one judges', async (t) => {
  const { start, update, held } = await openFolders(t)
  await start(false)
  await update()
  await writeFile(path.join(held, 'layerwatch.onnx'), 'cut off')
  assert.deepEqual(await start(true), { isHeld: false, modelSha256: newSha256 })
})

test('an agent that never ran before takes the model it has', async (t) => {
  const { start } = await openFolders(t)
  assert.deepEqual(await start(true), { isHeld: false, modelSha256: shippedSha256 })
})
