import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import sharp from 'sharp'
import { CameraConfig } from '../../../device/camera/config.ts'
import { describeStep, exitCodeOf, summarise, toldOf } from '../../../device/cli/selftest.ts'
import { PolicyConfig } from '../../../device/config.ts'
import type { Detector } from '../../../device/detector/detector.ts'
import { decideKnownPrint } from '../../../device/selftest/decision.ts'
import type { KnownPrint } from '../../../device/selftest/known-print.ts'
import { describeDecision, type Step, timeStep } from '../../../device/selftest/selftest.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const log = pino({ level: 'silent' })
const { signal } = new AbortController()
const camera = CameraConfig.parse({ kind: 'folder', path: '/not-read' })
const policy = PolicyConfig.parse({})

/**
 * A known print of plain pictures, which fails after 45 of its 300 s; its brightness tells a detector that it does,
 * from then on or from another moment.
 */
function plainPrint(looksFailingAt = 45): KnownPrint {
  return {
    defect: 'spaghetti',
    failsAtSeconds: 45,
    async picture(index) {
      const atSeconds = index * 5
      if (atSeconds > 300) return undefined
      const background = { r: atSeconds < looksFailingAt ? 60 : 200, g: 90, b: (index * 3) % 256 }
      const jpeg = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .jpeg()
        .toBuffer()
      return { jpeg, atSeconds, layer: Math.floor(atSeconds / 30) + 1 }
    },
  }
}

/** A detector that looks at the brightness alone, through a picture that is good to judge by. */
function detectorOf(scores: { good: number; failing: number }, figures: object = {}): Detector {
  let seen = 0
  return {
    backend: 'onnx',
    modelSha256: '',
    async judge(jpeg) {
      const { channels } = await sharp(jpeg).stats()
      const judged = judgementOf((channels[0]?.mean ?? 0) < 130 ? scores.good : scores.failing)
      // No two pictures are alike.
      return { ...judged, figures: { ...judged.figures, brightness: seen++, ...figures } }
    },
    close: async () => {},
  }
}

const decideBy = (detector: Detector, print = plainPrint()) =>
  decideKnownPrint(print, { camera, policy, detector, log, signal })

test('a known failing print that a detector sees passes, with how long it took', async () => {
  const findings = await decideBy(detectorOf({ good: 0.02, failing: 0.995 }))
  assert.ok((findings.confirmedAfterSeconds ?? Infinity) <= 60)
  const { result, detail } = describeDecision(findings)
  assert.equal(result, 'passed')
  assert.match(detail, /put behind this camera’s adapter: suspected after \d+ s, confirmed after \d+ s/)
  assert.match(detail, /what follows: pause$/)
})

test('what the owner ignores is left out, and a failure that lies there is said to be hidden', async () => {
  const detector = detectorOf({ good: 0.02, failing: 0.995 })
  const decideWith = async (box: number[]) => {
    const ignoring = CameraConfig.parse({ kind: 'folder', path: '/not-read', ignore: [{ box }] })
    const print = plainPrint()
    return describeDecision(
      await decideKnownPrint(print, { camera: ignoring, policy, detector, log, signal }),
    )
  }
  const hidden = await decideWith([0, 0, 1, 0.1])
  assert.equal(hidden.result, 'unproven')
  assert.match(hidden.detail, /lies where this camera ignores its picture \(\d+ % of it\)/)
  const beside = await decideWith([0, 0.5, 1, 0.2])
  assert.equal(beside.result, 'passed')
  assert.match(beside.detail, /seen beside what it ignores/)
})

test('a detector that sees nothing fails the test, with what it scored', async () => {
  const { result, detail } = describeDecision(await decideBy(detectorOf({ good: 0.02, failing: 0.03 })))
  assert.equal(result, 'failed')
  assert.match(detail, /was not found: its highest score was 0\.03/)
})

test('a print that is suspected before it fails, fails the test', async () => {
  const { result, detail } = describeDecision(
    await decideBy(detectorOf({ good: 0.02, failing: 0.995 }), plainPrint(20)),
  )
  assert.equal(result, 'failed')
  assert.match(detail, /suspected before it failed/)
})

test('pictures that the quality gate holds back fail the test, with the reason', async () => {
  const dark = { darkShare: 1, sharpness: 1 }
  const findings = await decideBy(detectorOf({ good: 0.02, failing: 0.995 }, dark))
  const { result, detail } = describeDecision(findings)
  assert.equal(result, 'failed')
  assert.match(detail, /not judged: the picture is black/)
})

test('what a step throws is why it failed, with what to look at, and how long it took', async () => {
  const said: string[] = []
  const listener = {
    onBegin: ({ step }: { step: string }) => said.push(`begin ${step}`),
    onEnd: ({ step }: Step) => said.push(`end ${step}`),
  }
  const step = await timeStep({ step: 'camera', printer: 'Ender' }, listener, async () => {
    throw new Error('cannot reach it')
  })
  assert.deepEqual(said, ['begin camera', 'end camera'])
  assert.match(describeStep(step), /^FAILED {3}camera \(Ender\): cannot reach it: is it on, .* \[\d+ ms\]$/)
})

const stepOf = (result: Step['result'], step: Step['step'] = 'camera'): Step => ({
  step,
  result,
  detail: `why it is ${result}`,
  ms: 1,
})

test('the exit code is that of the worst step', () => {
  assert.equal(exitCodeOf([stepOf('passed'), stepOf('skipped')]), 0)
  assert.equal(exitCodeOf([stepOf('passed'), stepOf('unproven')]), 3)
  assert.equal(exitCodeOf([stepOf('unproven'), stepOf('failed')]), 1)
  assert.match(summarise([stepOf('failed'), stepOf('passed')]), /would not protect a print: 1 of 2/)
  assert.match(summarise([stepOf('unproven')]), /could be tried works; 1 not proven/)
})

test('the phone is told what failed, and how long the slowest camera took', () => {
  const decision = (confirmedAfterSeconds: number): Step => ({
    ...stepOf('passed', 'decision'),
    findings: {
      ...{ pictures: 9, entersAt: 'source', goodScore: 0, failingScore: 1, wholeScore: 1, ignoredShare: 0 },
      confirmedAfterSeconds,
    },
  })
  assert.deepEqual(toldOf('Ender', [decision(20), decision(35), stepOf('unproven', 'pause')]).result, {
    isPassed: true,
    confirmedAfterSeconds: 35,
    reasons: [],
  })
  const failed = { ...stepOf('failed'), camera: 'camera 2' }
  assert.deepEqual(toldOf('Ender', [failed]).result, {
    isPassed: false,
    reasons: ['camera 2, camera: why it is failed'],
  })
})
