import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packSteps, type Step, unpackSteps } from '../../../device/learn/steps.ts'
import { bounds, LearnStore } from '../../../device/learn/store.ts'
import { openLearning } from '../../../device/learn/thread.ts'
import { addPrint, inMemory, pupil, sketchSteps } from './kept-prints.ts'

function openFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'layerwatch-learn-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

test('what was told is unpacked as it was packed, with several cameras and evidence between layers', () => {
  const reason = 'Nothing grew.'
  const evidence = [
    { source: 'change' as const, defect: 'no_growth' as const, logLikelihoodRatio: 2.5, reason },
  ]
  const [one, two] = [sketchSteps({ seconds: 60 }), sketchSteps({ seconds: 60, seed: 2, camera: 'camera 2' })]
  const joined = one.map((step, i): Step => {
    const other = two[i]
    if (!('sights' in step) || !other || !('sights' in other)) return step
    return { ...step, sights: [...step.sights, ...other.sights], ...(i === 3 ? { evidence } : {}) }
  })
  const compared = { kind: 'compared' as const, layer: 2, atSeconds: 61, evidence }
  const steps: Step[] = [...joined, { kind: 'resumed' }, compared, { kind: 'recounted' }]
  assert.deepEqual(unpackSteps(packSteps(steps)), steps)
  assert.throws(() => unpackSteps(packSteps(steps).subarray(0, 50)))
})

test('a history is bounded, and prints that a person marked are kept longest', () => {
  const store = inMemory()
  addPrint(store, { id: 'marked', seconds: 60, mark: {} })
  for (let i = 0; i < bounds.prints + 5; i++) addPrint(store, { id: `p${i}`, seconds: 60 })
  const kept = store.prints(pupil).map(({ printId }) => printId)
  assert.equal(kept.length, bounds.prints)
  assert.ok(kept.includes('marked'))
  assert.ok(!kept.includes('p0') && kept.includes(`p${bounds.prints + 4}`))
  assert.deepEqual([...store.chunks('p0')], [])
})

test('what another model saw of a print is not kept with what the first one saw', () => {
  const store = inMemory()
  addPrint(store, { id: 'a', seconds: 60 })
  const updated = { ...pupil, basis: 'another model:views' }
  addPrint(store, { id: 'a', seconds: 60 }, updated)
  assert.equal([...store.chunks('a')].length, 1)
  assert.deepEqual(store.prints(updated), [])
})

test('a damaged chunk or lesson is left out, and a damaged file is set aside', async (t) => {
  const store = inMemory()
  addPrint(store, { id: 'a', seconds: 60 })
  store.addChunk(pupil, 'a', new Uint8Array([1, 2, 3]))
  assert.equal([...store.chunks('a')].length, 1)
  const file = join(openFolder(t), 'learning.db')
  writeFileSync(file, 'no database at all, and longer than a header of one hundred bytes would be'.repeat(40))
  const broken: string[] = []
  const learning = await openLearning(file, (brokenFile) => broken.push(brokenFile))
  t.after(() => learning.close())
  assert.equal(broken.length, 1)
  assert.equal((await learning.read(pupil, 'A')).newest, undefined)
})

test('killed while it writes, the device finds whole lessons only: the newest or the one before it', {
  timeout: 60_000,
}, async (t) => {
  const file = join(openFolder(t), 'learning.db')
  const program = `
    const { LearnStore } = await import(${JSON.stringify(new URL('../../../device/learn/store.ts', import.meta.url).href)})
    const store = LearnStore.open(${JSON.stringify(file)})
    const outcome = { falsePauses: 1, missed: 0, lateLayers: 0 }
    for (let i = 1; ; i++) {
      const boxes = Array.from({ length: 16 }, () => [i / 1e6, 0.5, 0.01, 0.01])
      const tuning = { masks: { camera: boxes }, shift: i / 1e6, usesBaseline: false }
      store.addTuning({ printerId: 'printer', basis: 'b' }, { tuning, before: outcome, after: outcome, prints: 1, marks: [] }, { nowMs: i, after: store.inForce({ printerId: 'printer', basis: 'b' })[0]?.number })
      if (i % 20 === 0) process.stdout.write(i + '\\n')
    }`
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = LearnStore.open(file)
    const [newest] = store.tunings({ printerId: 'printer', basis: 'b' })
    assert.ok(newest)
    const boxes = newest.tuning.masks.camera ?? []
    assert.ok(boxes.length === 16 && boxes.every(([left]) => left === newest.tuning.shift))
    store.close()
  }
})
