import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { pino } from 'pino'
import { describeMachine, recallChoice, rememberChoice } from '../../../device/detector/choice-file.ts'
import type { BackendReport } from '../../../device/detector/report.ts'
import { makeManifest } from './manifests.ts'

const reports: BackendReport[] = [
  { name: 'onnx', state: 'taken', msPerFrame: 9 },
  { name: 'tfjs-node', state: 'absent', reason: 'its library is not installed' },
]

describe('the remembered choice of a runtime', () => {
  let dir: string
  let file: string
  let messages: string[]
  const log = pino({}, { write: (line: string) => messages.push(JSON.parse(line).msg) })

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'choice-'))
    file = path.join(dir, 'data', 'detector.json')
    messages = []
  })
  afterEach(() => rm(dir, { recursive: true }))

  test('comes back for the same key, and leaves no draft', async () => {
    await rememberChoice(file, { key: 'a', reports }, log)
    assert.deepEqual(await recallChoice(file, 'a'), reports)
    assert.deepEqual(await readdir(path.dirname(file)), ['detector.json'])
  })

  test('does not hold for another key', async () => {
    await rememberChoice(file, { key: 'a', reports }, log)
    assert.equal(await recallChoice(file, 'b'), undefined)
  })

  test('counts as none where the file is missing, torn or of another form', async () => {
    assert.equal(await recallChoice(file, 'a'), undefined)
    await rememberChoice(file, { key: 'a', reports }, log)
    for (const text of ['{"key":"a","repo', '{"key":"a","reports":[{"name":"torch","state":"taken"}]}']) {
      await writeFile(file, text)
      assert.equal(await recallChoice(file, 'a'), undefined)
    }
  })

  test('is given up with a warning where it cannot be written', async () => {
    await writeFile(path.join(dir, 'data'), 'a file where the folder should be')
    await rememberChoice(file, { key: 'a', reports }, log)
    assert.deepEqual(messages, ['choice of detector backend not remembered'])
  })

  test('has another key for another model and another number of threads', () => {
    const model = { dir, manifest: makeManifest() }
    const other = { dir, manifest: makeManifest({ sha256: '1'.repeat(64) }) }
    const keys = [describeMachine(model, 1), describeMachine(other, 1), describeMachine(model, 2)]
    assert.equal(new Set(keys).size, 3)
    assert.equal(describeMachine(model, 1), keys[0])
  })
})
