import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { createSimulation } from '../../../device/simulator/simulation.ts'
import { partOf } from '../../bench/judge/frames.ts'

const command = path.resolve(import.meta.dirname, '../../bench/judge/bench.ts')
const Report = z.object({
  model: z.string(),
  cameras: z.array(z.object({ name: z.string(), frames: z.number() })),
  failures: z.number(),
  figures: z.array(
    z.object({ name: z.string(), value: z.union([z.number(), z.literal('never'), z.null()]) }),
  ),
  tables: z.array(z.object({ title: z.string(), rows: z.array(z.array(z.unknown())) })),
})

interface Ran {
  code: number
  stdout: string
  stderr: string
}

function run(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { timeout: 200_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/** A group whose name lies in the test part. */
function heldOutGroup(name: string): string {
  for (let at = 0; ; at++) if (partOf(`${name}-${at}`) === 'test') return `${name}-${at}`
}

/** Rendered frames in place of photographs: six good ones of a webcam, two failing. */
async function drawFrames(dir: string): Promise<void> {
  await mkdir(path.join(dir, 'images'), { recursive: true })
  const rows: object[] = []
  const draw = async (count: number, isFailing: boolean) => {
    const failure = isFailing ? { failure: { kind: 'spaghetti', layer: 3 } as const } : {}
    const simulation = createSimulation({ seed: 11, world: 'judge', layers: 30, ...failure })
    for (let at = 0; at < count; at++) {
      simulation.advance(40)
      const file = `images/${isFailing ? 'bad' : 'good'}-${at}.jpg`
      await writeFile(path.join(dir, file), await simulation.renderFrame({ width: 320, height: 240 }))
      const place = isFailing
        ? {
            source: 'kapis20',
            group: heldOutGroup(file),
            label: 'failure',
            boxes: [{ class: 'spaghetti', box: [0.5, 0.5, 0.4, 0.4] }],
          }
        : {
            source: 'emptydeck-P1',
            group: heldOutGroup('run'),
            label: 'ok',
            boxes: [],
            sequence: 'run',
            frame: at * 40,
          }
      rows.push({ file, ...place })
    }
  }
  await draw(6, false)
  await draw(2, true)
  await writeFile(path.join(dir, 'manifest.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
}

test('the command measures held-out frames and says so for programs', { timeout: 240_000 }, async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-judge-bench-'))
  try {
    await drawFrames(dir)
    const place = ['--frames', dir, '--cache', path.join(dir, 'cache')]
    const { stdout, stderr } = await run(
      '--json',
      '--only',
      'streams,sequences',
      '--hours',
      '3',
      '--failing',
      '4',
      ...place,
    )
    const report = Report.parse(JSON.parse(stdout))
    assert.deepEqual(report.cameras, [{ name: 'emptydeck-P1/run', frames: 6 }])
    assert.equal(report.failures, 2)
    const names = report.figures.map(({ name }) => name).join('\n')
    for (const word of [
      'false pauses',
      'median',
      '90th percentile',
      'not found',
      'equal false pauses',
      'five minutes',
    ]) {
      assert.ok(names.includes(word), `no figure of ${word}`)
    }
    assert.ok(names.includes('(modelled'), 'streams are called modelled')
    assert.match(stderr, /opening the detector/)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('without frames the command says what it leaves out, and an unknown part ends it', async () => {
  const none = await run(
    '--only',
    'streams',
    '--frames',
    '/nowhere',
    '--cache',
    path.join(tmpdir(), 'unused'),
  )
  assert.match(none.stderr, /no held-out frames/)
  const unknown = await run('--only', 'everything')
  assert.equal(unknown.code, 64)
  assert.match(unknown.stderr, /no part everything/)
  for (const option of ['--hours', '--failing', '--rounds'])
    assert.equal((await run(option, 'many')).code, 64)
})
