import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { drawPicture } from '../../fakes/pictures.ts'
import { makeAgentFolder, runAgent } from '../../setup/agent-process.ts'

interface Line {
  at: number
  layer?: number
  /** Which picture; equal numbers are equal pictures. */
  picture: number
}

async function replay(t: TestContext, lines: readonly Line[], ...options: string[]) {
  const { folder } = makeAgentFolder(t)
  const dir = join(folder, 'pictures')
  mkdirSync(dir)
  for (const { picture } of lines) writeFileSync(join(dir, `${picture}.jpg`), await drawPicture(picture))
  const text = lines.map(({ picture, ...line }) => JSON.stringify({ file: `${picture}.jpg`, ...line }))
  writeFileSync(join(dir, 'frames.jsonl'), text.join('\n'))
  return runAgent(t, ['replay', dir, '--backend', 'tfjs-wasm', ...options])
}

function read(output: string): Record<string, unknown>[] {
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a picture that comes over and over is not judged for ever, as on a camera that is stuck', async (t) => {
  const lines = Array.from({ length: 10 }, (_, i) => ({ at: i * 5, layer: 1, picture: 1 }))
  const { code, output } = await replay(t, lines, '--json')
  assert.equal(code, 0, output)
  const unseen = read(output).filter(({ type }) => type === 'unseen')
  assert.ok(unseen.length >= 5)
  assert.deepEqual(new Set(unseen.map(({ reason }) => reason)), new Set(['camera-frozen']))
  const layer = read(output).at(-1)
  assert.deepEqual(layer?.reasons, [`${unseen.length} pictures could not be judged.`])
})

test('a line that names no layer belongs to the last one named, and the layer never goes back', async (t) => {
  const layers = [1, undefined, 3, 2, undefined]
  const lines = layers.map((layer, i) => ({ at: i * 300, picture: i, ...(layer && { layer }) }))
  const { output } = await replay(t, lines, '--json')
  const decisions = read(output).filter(({ type }) => type === 'decision')
  assert.deepEqual(
    decisions.map(({ layer }) => layer),
    [1, 1, 3, 3, 3],
  )
})

test('one picture is one picture, and none is said', async (t) => {
  const one = await replay(t, [{ at: 0, layer: 1, picture: 1 }])
  assert.match(one.output, /layer 1: fine, 1 picture, /)
  const none = await replay(t, [])
  assert.equal(none.code, 1)
  assert.match(none.output, /names no picture/)
})
