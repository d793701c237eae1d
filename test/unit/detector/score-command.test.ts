import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { z } from 'zod'
import { drawPicture } from '../../fakes/pictures.ts'

const agent = path.resolve(import.meta.dirname, '../../../device/cli/agent.ts')

const share = z.number().min(0).max(1)
const Scored = z.strictObject({
  file: z.string(),
  score: share,
  detections: z.array(z.strictObject({ label: z.string(), score: share, box: z.array(share).length(4) })),
  quality: z.enum(['ok', 'dark', 'bright', 'blurred']),
})
const Failed = z.strictObject({ file: z.string(), error: z.string() })

describe('agent score', () => {
  let dir: string
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'score-'))
    await mkdir(path.join(dir, 'more'))
    await writeFile(path.join(dir, 'more/a.jpg'), await drawPicture(1))
    await writeFile(path.join(dir, 'more/b.JPEG'), await drawPicture(2))
    await writeFile(path.join(dir, 'more/notes.txt'), 'nothing')
    const black = sharp({ create: { width: 64, height: 48, channels: 3, background: 'black' } })
    await writeFile(path.join(dir, 'black.jpg'), await black.jpeg().toBuffer())
    await writeFile(path.join(dir, 'text.jpg'), 'no picture')
  })
  after(() => rm(dir, { recursive: true }))

  function score(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
    const child = spawn(process.execPath, [agent, 'score', '--backend', 'tfjs-wasm', ...args], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 120_000,
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    return new Promise((resolve) =>
      child.on('close', (code) => resolve({ code, lines: output.split('\n').filter((line) => line !== '') })),
    )
  }

  test('prints one JSON line a file, in order, folders expanded to their JPEGs', async () => {
    const { code, lines } = await score('black.jpg', 'more', '--json')
    const scored = lines.map((line) => Scored.parse(JSON.parse(line)))
    assert.deepEqual(
      scored.map(({ file, quality }) => [file, quality]),
      [
        ['black.jpg', 'dark'],
        ['more/a.jpg', 'ok'],
        ['more/b.JPEG', 'ok'],
      ],
    )
    assert.equal(code, 0)
  })

  test('says of each file that is no picture why not, scores the others and exits with 1', async () => {
    const { code, lines } = await score('text.jpg', 'gone.jpg', 'more/a.jpg', '--json')
    const [text, gone, picture] = lines.map((line) => JSON.parse(line))
    assert.match(Failed.parse(text).error, /no JPEG/)
    assert.match(Failed.parse(gone).error, /no such file/)
    assert.equal(Scored.parse(picture).file, 'more/a.jpg')
    assert.equal(code, 1)
  })

  test('says of a folder without pictures that it has none', async () => {
    await mkdir(path.join(dir, 'empty'), { recursive: true })
    const { code, lines } = await score('empty', '--json')
    assert.match(Failed.parse(JSON.parse(lines[0] ?? '')).error, /without JPEG/)
    assert.equal(code, 1)
  })

  test('prints for people without --json', async () => {
    const { code, lines } = await score('more/a.jpg', 'text.jpg')
    assert.match(lines[0] ?? '', /^ 0\.\d{3} {2}more\/a\.jpg/)
    assert.match(lines[1] ?? '', /text\.jpg: the bytes are no JPEG$/)
    assert.equal(code, 1)
  })
})
