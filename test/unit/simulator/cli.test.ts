import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { z } from 'zod'

const cli = path.resolve(import.meta.dirname, '../../../device/simulator/cli.ts')
const Address = z.object({ url: z.url() })
const Status = z.looseObject({ state: z.string(), layers: z.number(), speed: z.number() })
const Row = z.looseObject({ file: z.string(), print: z.string() })
const Box = z.array(z.number())
const run = promisify(execFile)

test('prints its address, serves from a process of its own and ends at once when told', {
  timeout: 60_000,
}, async () => {
  const options = [
    '--json',
    '--layers',
    '10',
    '--failure',
    'spaghetti@3',
    '--width',
    '160',
    '--height',
    '120',
  ]
  const simulator = spawn(process.execPath, [cli, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(simulator.stdout, 'data')
    const { url } = Address.parse(JSON.parse(String(line)))
    const status = Status.parse(await (await fetch(`${url}/printer`)).json())
    assert.deepEqual([status.state, status.layers, status.speed], ['printing', 10, 20])
    const jpeg = await (await fetch(`${url}/camera/snapshot.jpg`)).arrayBuffer()
    assert.equal((await sharp(jpeg).metadata()).width, 160)
  } finally {
    simulator.kill('SIGTERM')
  }
  const [code] = await once(simulator, 'exit')
  assert.equal(code, 0)
})

test('names what is wrong with an option', { timeout: 60_000 }, async () => {
  for (const [options, expected] of [
    [['--failure', 'fire@3'], /spaghetti/],
    [['--shape', 'no-such-file.gcode'], /vase/],
    [['--speed', 'fast'], /number/],
    [['--layers', '0'], /number/],
    [['--world', 'other'], /train/],
  ] as const) {
    await assert.rejects(run(process.execPath, [cli, ...options]), (error: Error & { stderr?: string }) => {
      assert.match(error.stderr ?? '', expected)
      return true
    })
  }
})

test('writes pictures with labels for training, and for judging only when asked', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-render-'))
  const write = async (name: string, ...options: string[]) => {
    const target = path.join(folder, name)
    const common = ['--count', '10', '--seed', '40', '--failures', 'mix', '--width', '160', '--height', '120']
    await run(process.execPath, [cli, 'render', target, ...common, ...options])
    const text = await readFile(path.join(target, 'frames.jsonl'), 'utf8')
    const files = (await readdir(target)).filter((file) => file.endsWith('.jpg'))
    return {
      text,
      files,
      rows: text
        .trim()
        .split('\n')
        .map((line) => Row.parse(JSON.parse(line))),
    }
  }
  try {
    const train = await write('train', '--world', 'train')
    assert.equal(train.rows.length, 10)
    assert.deepEqual(train.rows.map(({ file }) => file).sort(), train.files.sort())
    for (const row of train.rows) {
      assert.ok('failure' in row && typeof row.isVisible === 'boolean' && row.print.startsWith('train-4'))
      for (const part of Box.parse(row.strandsBox ?? [])) assert.ok(part >= 0 && part <= 1)
    }
    assert.deepEqual((await write('again', '--world', 'train')).text, train.text)
    const judge = await write('judge', '--world', 'judge')
    for (const row of judge.rows) assert.deepEqual(Object.keys(row).sort(), ['at', 'file', 'layer', 'print'])
    const labelled = await write('labelled', '--world', 'judge', '--labels')
    assert.ok(labelled.rows.every((row) => 'failure' in row))
  } finally {
    await rm(folder, { recursive: true })
  }
})
