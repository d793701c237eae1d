import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { openFolderCamera } from '../../../device/camera/folder.ts'
import { listFrames } from '../../../device/camera/folder-frames.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const never = new AbortController().signal

describe('a folder of pictures', { timeout: 30_000 }, () => {
  let folder: string
  const write = (name: string, content: string | Buffer) => writeFile(path.join(folder, name), content)
  const names = async () => (await listFrames(folder)).map(({ file }) => path.basename(file))

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-folder-'))
    for (const number of [1, 2, 10]) await write(`frame${number}.jpg`, await drawPicture(number))
    await write('notes.txt', 'not a picture')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('is read in the order of its numbers', async () => {
    assert.deepEqual(await names(), ['frame1.jpg', 'frame2.jpg', 'frame10.jpg'])
  })

  test('gives each picture at its time and ends', async () => {
    const camera = await openFolderCamera({ kind: 'folder', path: folder, intervalSeconds: 0.3, loop: false })
    const times: number[] = []
    for (let count = 0; count < 3; count++) times.push((await camera.capture(never)).capturedAtMs)
    const [first = 0, second = 0, third = 0] = times
    assert.ok(Math.abs(second - first - 300) < 5 && Math.abs(third - second - 300) < 5, String(times))
    await assert.rejects(camera.capture(never), UnavailableError)
  })

  test('skips what appeared while nobody looked, and begins again where told to', async () => {
    const camera = await openFolderCamera({ kind: 'folder', path: folder, intervalSeconds: 0.05, loop: true })
    const { capturedAtMs } = await camera.capture(never)
    await new Promise((resolve) => setTimeout(resolve, 170))
    // Appeared after 50, 100 and 150 ms; the last is the first again.
    const later = await camera.capture(never)
    assert.ok(later.capturedAtMs - capturedAtMs > 140)
    assert.deepEqual(Buffer.from(later.jpeg), await drawPicture(1))
  })

  test('is let go of while the next picture is waited for', async () => {
    const camera = await openFolderCamera({ kind: 'folder', path: folder, intervalSeconds: 60, loop: false })
    await camera.capture(never)
    await assert.rejects(camera.capture(AbortSignal.timeout(20)), { name: 'TimeoutError' })
  })

  test('goes on after a picture that is none', async () => {
    await write('frame3.jpg', 'no picture')
    const camera = await openFolderCamera({
      kind: 'folder',
      path: folder,
      intervalSeconds: 0.02,
      loop: false,
    })
    await camera.capture(never)
    await camera.capture(never)
    await assert.rejects(camera.capture(never), ProtocolError)
    assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
  })

  test('follows frames.jsonl where there is one, and names the line that is wrong', async () => {
    await write('frames.jsonl', '{"file":"frame10.jpg","at":5}\n\n{"file":"frame2.jpg","at":1,"layer":3}\n')
    assert.deepEqual(await listFrames(folder), [
      { file: path.join(folder, 'frame2.jpg'), atSeconds: 1, layer: 3 },
      { file: path.join(folder, 'frame10.jpg'), atSeconds: 5 },
    ])
    await write('frames.jsonl', '{"file":"frame2.jpg","at":1}\n{"file":"frame2.jpg","at":"soon"}\n')
    await assert.rejects(listFrames(folder), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /line 2/)
      return true
    })
  })

  test('is a matter of configuration where it is missing or empty', async () => {
    await assert.rejects(listFrames(path.join(folder, 'missing')), ConfigError)
    const empty = await mkdtemp(path.join(tmpdir(), 'layerwatch-empty-'))
    await assert.rejects(listFrames(empty), ConfigError)
    await rm(empty, { recursive: true })
  })
})
