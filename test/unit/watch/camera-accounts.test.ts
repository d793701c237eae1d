import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlindReason } from '@layerwatch/shared/vocabulary.ts'
import { type CameraAccounts, describeCameras, noticeCameras } from '../../../device/watch/camera-accounts.ts'
import { joinSights } from '../../../device/watch/eyes.ts'
import type { Observation } from '../../../device/watch/watch.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

/** What a camera does at a second; undefined where nothing is heard of it. */
type Camera = (seconds: number) => 'sees' | BlindReason | undefined

function observationOf(does: 'sees' | BlindReason, seconds: number): Observation {
  const frame = { jpeg: new Uint8Array(), capturedAtMs: seconds * 1000 }
  if (does === 'sees') return { kind: 'seen', frame, judgement: judgementOf(0.1), frameMs: 1 }
  const detail = `it is ${does}`
  return does === 'camera-unreachable'
    ? { kind: 'unseen', reason: does, detail }
    : { kind: 'unseen', reason: does, detail, frame }
}

/** Watches with cameras for so long, a round every five seconds; what was said, with the second. */
async function watch(cameras: readonly Camera[], untilSeconds: number) {
  let accounts: CameraAccounts = {}
  let seconds = 0
  const names = cameras.map((_, index) => `camera ${index + 1}`)
  const look = joinSights(async () => {
    return names.flatMap((camera, index) => {
      const does = cameras[index]?.(seconds)
      return does ? [{ camera, observation: observationOf(does, seconds) }] : []
    })
  }, names)
  const said: string[] = []
  for (; seconds <= untilSeconds; seconds += 5) {
    const seen = await look(new AbortController().signal)
    const [next, changes] = noticeCameras(accounts, seen, seconds * 1000)
    accounts = next
    for (const { type, data } of changes) {
      const { camera, reason } = { camera: '', reason: '', ...data }
      said.push(`${seconds} ${type} ${camera} ${reason}`)
    }
  }
  return { said, report: describeCameras(accounts) }
}

const sees: Camera = () => 'sees'

test('a camera that goes blind while another sees is said once, and its end too', async () => {
  const dark: Camera = (at) => (at >= 60 && at < 300 ? 'camera-dark' : 'sees')
  const { said, report } = await watch([sees, dark], 600)
  assert.deepEqual(said, ['65 view.lost camera 2 camera-dark', '300 view.restored camera 2 camera-dark'])
  assert.deepEqual(
    report.map(({ name, isSeeing, intervalSeconds }) => [name, isSeeing, intervalSeconds]),
    [
      ['camera 1', true, 5],
      ['camera 2', true, 5],
    ],
  )
})

test('the leading camera that goes blind is said as well, while another takes over', async () => {
  const gone: Camera = (at) => (at >= 60 ? 'camera-unreachable' : 'sees')
  const { said, report } = await watch([gone, sees], 300)
  assert.deepEqual(said, ['65 view.lost camera 1 camera-unreachable'])
  assert.deepEqual(report[0], {
    name: 'camera 1',
    isSeeing: false,
    reason: 'camera-unreachable',
    detail: 'it is camera-unreachable',
    intervalSeconds: 5,
  })
})

test('where no camera sees, the printer is said to be unwatched, and single cameras only once one sees again', async () => {
  const first: Camera = (at) => (at >= 60 && at < 300 ? 'camera-dark' : 'sees')
  const second: Camera = (at) => (at >= 60 && at < 400 ? 'camera-dark' : 'sees')
  const { said } = await watch([first, second], 600)
  assert.deepEqual(said, ['300 view.lost camera 2 camera-dark', '400 view.restored camera 2 camera-dark'])
})

test('a camera that was never seen to work is said too', async () => {
  const { said } = await watch([sees, () => 'camera-unreachable'], 60)
  assert.deepEqual(said, ['10 view.lost camera 2 camera-unreachable'])
})

test('the interval of each camera is told as it is, whatever the others do', async () => {
  const slow: Camera = (at) => (at % 20 === 0 ? 'sees' : undefined)
  const { said, report } = await watch([sees, slow], 600)
  assert.deepEqual(said, [])
  assert.deepEqual(
    report.map(({ intervalSeconds }) => intervalSeconds),
    [5, 20],
  )
})

test('a printer’s only camera has an interval, and nothing is said of it by itself', () => {
  let accounts: CameraAccounts = {}
  for (let seconds = 0; seconds <= 60; seconds += 6) {
    const [next, changes] = noticeCameras(accounts, observationOf('sees', seconds), seconds * 1000)
    accounts = next
    assert.deepEqual(changes, [])
  }
  assert.deepEqual(describeCameras(accounts), [{ name: 'camera', isSeeing: true, intervalSeconds: 6 }])
})
