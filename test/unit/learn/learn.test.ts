import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groundsOf, learn, readLessons } from '../../../device/learn/learn.ts'
import { replayPrint } from '../../../device/learn/propose.ts'
import { pausedAt } from '../../../device/learn/replay.ts'
import type { LearnStore } from '../../../device/learn/store.ts'
import { noTuning } from '../../../device/learn/tuning.ts'
import { describeOutcome } from '../../../device/learn/words.ts'
import { maskedShare } from '../../../shared/mask.ts'
import { maxLearnedShare } from '../../../shared/tuning.ts'
import { addPrint, breathe, inMemory, model, pupil, type Sketch, sketchSteps, square } from './kept-prints.ts'

const learnNow = (store: LearnStore, whose = pupil) => learn(store, whose, { breathe, nowMs: Date.now() })

/** The layer at which a print like this would be paused with what is in force. */
async function judgeAgain(store: LearnStore, sketch: Sketch, whose = pupil): Promise<number | undefined> {
  const { tuning, baselines } = readLessons(store, whose)
  const grounds = { ...groundsOf(store, whose, breathe), baselines }
  const replayed = await replayPrint({ chunks: () => [sketchSteps(sketch)] }, tuning, grounds)
  return pausedAt(replayed, whose.policy.sensitivity, tuning.shift)
}

/** Somebody puts a spool down in the corner after ten minutes. */
const spool = { hot: [{ cells: square(0, 0), from: 600 }] }
const failure = { hot: [{ cells: square(9, 9), from: 700 }] }

test('a false alarm in one place is ignored from the next print on, and a failure elsewhere is still found', async () => {
  const store = inMemory()
  assert.ok(await judgeAgain(store, spool))
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  const { tuning, newest } = await learnNow(store)
  assert.ok(newest)
  assert.deepEqual([newest.before.falsePauses, newest.after.falsePauses], [1, 0])
  const boxes = tuning.masks.camera ?? []
  assert.equal(boxes.length, 1)
  assert.ok(maskedShare({ boxes }) < 0.05)
  assert.equal(await judgeAgain(store, { ...spool, seed: 2 }), undefined)
  const failed = await judgeAgain(store, { ...failure, seed: 2 })
  assert.ok(failed !== undefined && failed <= 20)
})

/** Log-odds of what pauses a print after a while. */
const faint = 1

test('a print that its false alarm stopped teaches as if it had gone on: the next one, in which it stays, is quiet', async () => {
  const store = inMemory()
  // Fainter around its middle: that alone takes minutes to stand out.
  const halo = [{ cells: square(0, 0, 5), from: 600, logOdds: faint }, ...spool.hot]
  assert.ok(await judgeAgain(store, { hot: [{ cells: square(0, 0, 5), from: 600, logOdds: faint }] }))
  // Nothing is known beyond the pause, some twenty seconds after it came.
  addPrint(store, { id: 'a', hot: halo, seconds: 625, outcome: 'cancelled', alarmedAtLayer: 16, mark: {} })
  assert.ok((await learnNow(store)).newest)
  assert.equal(await judgeAgain(store, { hot: halo, seed: 2 }), undefined)
})

test('nothing is learned without a mark, however a print alarmed', async () => {
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16 })
  addPrint(store, { id: 'b' })
  const { tuning, newest } = await learnNow(store)
  assert.deepEqual(tuning, noTuning)
  assert.equal(newest, undefined)
})

test('a mask that would hide a failure of this printer is not kept', async () => {
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  const failed = { verdict: 'failed', failedAtLayer: 16 } as const
  addPrint(store, { id: 'b', ...spool, outcome: 'cancelled', alarmedAtLayer: 16, mark: failed })
  const { tuning } = await learnNow(store)
  assert.deepEqual(tuning.masks, {})
  assert.ok(await judgeAgain(store, spool))
})

test('taking a lesson back restores what was before it, bit for bit, and the same marks do not teach it again', async () => {
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  const first = await learnNow(store)
  addPrint(store, { id: 'b', hot: [{ cells: square(17, 17), from: 600 }], alarmedAtLayer: 16, mark: {} })
  const second = await learnNow(store)
  assert.equal(second.tuning.masks.camera?.length, 2)
  assert.ok(store.undo(pupil, 'owner'))
  // What came of the marks is found anew with the next learning.
  const { outcomes: _, ...restored } = readLessons(store, pupil)
  const { outcomes: __, ...atFirst } = first
  assert.equal(JSON.stringify(restored), JSON.stringify(atFirst))
  addPrint(store, { id: 'c' })
  const again = await learnNow(store)
  assert.deepEqual([again.tuning, again.newest], [first.tuning, first.newest])
  assert.ok(store.undo(pupil, 'owner'))
  assert.deepEqual(readLessons(store, pupil).tuning, noTuning)
  assert.equal(store.undo(pupil, 'owner'), false)
})

test('a mark that is taken back takes its lesson with it', async () => {
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  assert.ok((await learnNow(store)).newest)
  store.keepMark(pupil.printerId, { printId: 'a', verdict: 'none', ignore: [], revision: 2 })
  assert.deepEqual((await learnNow(store)).tuning, noTuning)
  // An older word that comes late changes nothing.
  store.keepMark(pupil.printerId, { printId: 'a', verdict: 'fine', ignore: [], revision: 1 })
  assert.deepEqual((await learnNow(store)).tuning, noTuning)
  store.keepMark(pupil.printerId, { printId: 'a', verdict: 'fine', ignore: [], revision: 3 })
  assert.ok((await learnNow(store)).newest)
})

/** A failure just too faint for a pause. */
async function findWeakFailure(): Promise<Sketch> {
  for (let logOdds = 3; logOdds > -3; logOdds -= 0.25) {
    const sketch = { hot: [{ cells: square(9, 9), from: 300, logOdds }] }
    if ((await judgeAgain(inMemory(), sketch)) === undefined) return sketch
  }
  throw new Error('every failure is found')
}

test('a missed failure makes the printer act sooner, where enough good prints stay quiet with that', async () => {
  const weak = await findWeakFailure()
  const missed = { verdict: 'failed', failedAtLayer: 8 } as const
  const few = inMemory()
  addPrint(few, { id: 'm', ...weak, mark: missed })
  assert.equal((await learnNow(few)).tuning.shift, 0)
  const store = inMemory()
  for (const id of ['g1', 'g2', 'g3']) addPrint(store, { id, seed: id.charCodeAt(1) })
  addPrint(store, { id: 'm', ...weak, mark: missed })
  assert.equal(await judgeAgain(store, weak), undefined)
  const { tuning } = await learnNow(store)
  assert.ok(tuning.shift < 0)
  assert.ok(await judgeAgain(store, weak))
  assert.equal(await judgeAgain(store, { seed: 9 }), undefined)
})

test('what was learned with one model is kept and not used with another', async () => {
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  const learned = await learnNow(store)
  const other = { ...pupil, modelSha256: 'b'.repeat(64), basis: `${'b'.repeat(64)}:views` }
  const { tuning, baselines, newest, resting } = readLessons(store, other)
  assert.deepEqual([tuning, baselines, newest, resting], [noTuning, {}, undefined, 1])
  assert.deepEqual(readLessons(store, pupil), learned)
  assert.equal(learned.newest?.marks[0]?.printId, 'a')
  assert.ok(model.length === 64)
})

test('a print that is marked as failed later is forgotten as if it never had taught, and no other with it', async () => {
  const [store, without] = [inMemory(), inMemory()]
  for (const id of ['g1', 'g2', 'g3', 'g4']) {
    const good = { id, seed: id.charCodeAt(1) }
    addPrint(store, good)
    if (id !== 'g2') addPrint(without, good)
  }
  await learnNow(store)
  const learned = store.baselines(pupil)
  assert.equal(learned.camera?.prints, 4)
  await learnNow(store)
  assert.deepEqual(store.baselines(pupil), learned)
  store.keepMark(pupil.printerId, { printId: 'g2', verdict: 'failed', ignore: [], revision: 1 })
  await learnNow(store)
  await learnNow(without)
  assert.deepEqual(store.baselines(pupil), without.baselines(pupil))
  store.keepMark(pupil.printerId, { printId: 'g2', verdict: 'none', ignore: [], revision: 2 })
  await learnNow(store)
  assert.equal(store.baselines(pupil).camera?.prints, 4)
})

test('a lesson built on one that its owner takes back meanwhile is not kept', async () => {
  const openSecond = async () => {
    const store = inMemory()
    addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
    await learnNow(store)
    addPrint(store, { id: 'b', hot: [{ cells: square(17, 17), from: 600 }], alarmedAtLayer: 16, mark: {} })
    return store
  }
  let breaths = 0
  const undisturbed = await openSecond()
  const countBefore = async () => {
    if (undisturbed.inForce(pupil).length === 1) breaths++
  }
  const learned = await learn(undisturbed, pupil, { breathe: countBefore, nowMs: 0 })
  assert.equal(learned.tuning.masks.camera?.length, 2)
  const store = await openSecond()
  const undoAtLast = async () => {
    breaths--
    if (breaths === 0) assert.ok(store.undo(pupil, 'owner'))
  }
  assert.deepEqual((await learn(store, pupil, { breathe: undoAtLast, nowMs: 0 })).tuning, noTuning)
  assert.equal((await learnNow(store)).tuning.masks.camera?.length, 1)
})

/** What is said of a mark after learning. */
async function cameOf(store: LearnStore, printId: string): Promise<string> {
  const { outcomes } = await learnNow(store)
  const outcome = outcomes.find((one) => one.printId === printId)
  assert.ok(outcome)
  assert.deepEqual(readLessons(store, pupil).outcomes, outcomes)
  return describeOutcome(outcome)
}

test('a place that the owner shows is what is ignored, and what stands out beside it is added', async () => {
  const shown = [0, 0, 0.3, 0.3] as const
  const store = inMemory()
  addPrint(store, { id: 'a', ...spool, alarmedAtLayer: 16, mark: { ignore: [[...shown]] } })
  assert.deepEqual((await learnNow(store)).tuning.masks, { camera: [[...shown]] })
  const beside = inMemory()
  const hot = [...spool.hot, { cells: square(12, 12), from: 700 }]
  addPrint(beside, { id: 'a', hot, alarmedAtLayer: 16, mark: { ignore: [[...shown]] } })
  const boxes = (await learnNow(beside)).tuning.masks.camera ?? []
  assert.deepEqual([boxes.length, boxes[0]], [2, [...shown]])
  assert.equal(await judgeAgain(beside, { hot, seed: 3 }), undefined)
  // A place that is taken back takes its lesson with it.
  store.keepMark(pupil.printerId, { printId: 'a', verdict: 'fine', ignore: [], revision: 2 })
  assert.notDeepEqual((await learnNow(store)).tuning.masks, { camera: [[...shown]] })
})

test('each mark is answered: what it taught, or in words why nothing', async () => {
  const missed = { verdict: 'failed', failedAtLayer: 16 } as const
  const taught = inMemory()
  addPrint(taught, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  assert.match(await cameOf(taught, 'a'), /^Learned: the same would not be paused/)
  taught.undo(pupil, 'owner')
  assert.equal(await cameOf(taught, 'a'), 'You took back what this taught.')

  const all = Array.from({ length: 400 }, (_, cell) => cell)
  const whole = inMemory()
  addPrint(whole, { id: 'a', hot: [{ cells: all, from: 600 }], alarmedAtLayer: 16, mark: {} })
  assert.match(await cameOf(whole, 'a'), /fills more than may be ignored, 17 %/)

  const hidden = inMemory()
  addPrint(hidden, { id: 'a', ...spool, alarmedAtLayer: 16, mark: {} })
  addPrint(hidden, { id: 'b', ...spool, outcome: 'cancelled', alarmedAtLayer: 16, mark: missed })
  assert.match(await cameOf(hidden, 'a'), /would miss a failure that you marked/)
  assert.match(await cameOf(hidden, 'b'), /Nothing to change.*is paused at layer 1[67]/)

  const quiet = inMemory()
  addPrint(quiet, { id: 'a', mark: {} })
  assert.match(await cameOf(quiet, 'a'), /Nothing to change.*is not paused/)
  addPrint(quiet, { id: 'b', seed: 2, mark: missed })
  assert.match(await cameOf(quiet, 'b'), /even the highest sensitivity sees no failure/)
  quiet.keepMark(pupil.printerId, { printId: 'c', verdict: 'fine', ignore: [], revision: 1 })
  assert.match(await cameOf(quiet, 'c'), /another model or another view, or is forgotten/)
  quiet.keepMark(pupil.printerId, { printId: 'c', verdict: 'none', ignore: [], revision: 2 })
  assert.ok(!(await learnNow(quiet)).outcomes.some(({ printId }) => printId === 'c'))

  const few = inMemory()
  addPrint(few, { id: 'm', ...(await findWeakFailure()), mark: { ...missed, failedAtLayer: 8 } })
  assert.match(await cameOf(few, 'm'), /^Not yet: to act sooner, 3 prints/)
})

test('whatever is marked, a printer never ignores too much, never acts too rarely, and a clear failure is found', async () => {
  const all = Array.from({ length: 400 }, (_, cell) => cell)
  for (const sensitivity of ['low', 'normal', 'high'] as const) {
    const whose = { ...pupil, policy: { ...pupil.policy, sensitivity } }
    const store = inMemory()
    // Somebody calls every failure a false alarm, wherever it is.
    for (let i = 0; i < 5; i++) {
      const hot = [{ cells: square((i * 7) % 17, (i * 5) % 17), from: 200 }]
      addPrint(store, { id: `p${i}`, hot, seed: i, seconds: 400, alarmedAtLayer: 6, mark: {} }, whose)
      await learnNow(store, whose)
      const { tuning } = readLessons(store, whose)
      assert.ok(
        tuning.shift <= Math.log({ low: 1, normal: 0.1 / 0.03, high: 0.5 / 0.03 }[sensitivity]) + 1e-9,
      )
      for (const boxes of Object.values(tuning.masks)) assert.ok(maskedShare({ boxes }) <= maxLearnedShare)
    }
    const whole = { hot: [{ cells: all, from: 400, logOdds: 4.5 }], seed: 77 }
    assert.ok(await judgeAgain(store, whole, whose), sensitivity)
  }
})
