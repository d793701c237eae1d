import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { judgeQuality, unknownQuality } from '../../../device/camera/quality.ts'
import { decodeFrame } from '../../../device/detector/decode.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'

const folder = path.resolve(import.meta.dirname, '../../../../shared/frames')
const why = existsSync(folder) ? undefined : 'the folder of real frames is not here'

const Line = z.object({
  file: z.string(),
  source: z.string(),
  group: z.string(),
  frame: z.number().optional(),
})

/** Figures of every frame of real runs, in the order in which they were taken. */
async function readRuns(): Promise<Map<string, PictureFigures[]>> {
  const lines = readFileSync(path.join(folder, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => Line.parse(JSON.parse(line)))
    .filter(({ frame }) => frame !== undefined)
    .sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0))
  const runs = new Map<string, PictureFigures[]>()
  for (const { file, source, group } of lines) {
    const { figures } = await decodeFrame(readFileSync(path.join(folder, file)), { width: 320, height: 320 })
    const run = `${source} ${group}`
    runs.set(run, [...(runs.get(run) ?? []), figures])
  }
  return runs
}

describe('the quality of real pictures', { skip: why, timeout: 120_000 }, () => {
  test('is good in every real run, however fast its pictures come', async () => {
    const runs = await readRuns()
    assert.ok(runs.size >= 23)
    for (const [name, figures] of runs) {
      for (const everyMs of [80, 1_000, 5_000, 30_000]) {
        let state = unknownQuality
        figures.forEach((picture, number) => {
          const [next, verdict] = judgeQuality(state, picture, number * everyMs)
          state = next
          assert.ok(verdict.isUsable, `${name}, picture ${number}, every ${everyMs} ms`)
        })
      }
    }
  })
})
