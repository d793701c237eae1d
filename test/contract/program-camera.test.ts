import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import type { Camera } from '../../device/camera/camera.ts'
import type { V4l2CameraConfig } from '../../device/camera/config.ts'
import { openRtspCamera } from '../../device/camera/rtsp.ts'
import { openV4l2Camera } from '../../device/camera/v4l2.ts'
import { type FakeRtsp, rtspLogin, startFakeRtsp } from '../fakes/rtsp.ts'
import { type FakeUsbFfmpeg, makeFakeUsbFfmpeg } from '../fakes/usb-camera.ts'
import { findTestFfmpeg, noFfmpeg } from '../setup/ffmpeg.ts'
import { waitUntil } from '../setup/wait.ts'
import { describeCamera } from './camera-suite.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const usb: V4l2CameraConfig = {
  kind: 'v4l2',
  device: '/dev/video63',
  width: 320,
  height: 240,
  framesPerSecond: 10,
  format: 'mjpeg',
}

const failure = (camera: Camera) =>
  camera.capture(never).then(
    () => undefined,
    (error: unknown) => error,
  )
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

if (noFfmpeg === undefined) {
  for (const format of ['mjpeg', 'yuyv422'] as const) {
    describeCamera(`a USB camera of ${format} through ffmpeg`, async () => {
      const fake = await makeFakeUsbFfmpeg(findTestFfmpeg())
      const camera = await openV4l2Camera({ ...usb, format }, { log, folders: [fake.folder] })
      return { camera, close: () => camera.close().then(fake.close) }
    })
  }
  describeCamera('an RTSP stream through ffmpeg', async () => {
    const fake = await startFakeRtsp()
    const camera = await openRtspCamera({ kind: 'rtsp', url: fake.url, framesPerSecond: 5 }, { log })
    return { camera, close: () => camera.close().then(fake.close) }
  })
}

describe('a faulty v4l2 camera', { timeout: 120_000 }, () => {
  let fake: FakeUsbFfmpeg
  let camera: Camera
  beforeEach(async () => {
    fake = await makeFakeUsbFfmpeg()
    camera = await openV4l2Camera(usb, { log, folders: [fake.folder] })
  })
  afterEach(async () => {
    await camera.close()
    await waitUntil('its program is gone', async () => !(await fake.pids()).some(isAlive))
    await fake.close()
  })

  test('is opened with its own device, size and rate, and nothing that a shell reads', async () => {
    await camera.capture(never)
    const [args] = await fake.asked()
    assert.match(
      args ?? '',
      / -f v4l2 -input_format mjpeg -framerate 10 -video_size 320x240 -i \/dev\/video63 .*-c:v copy/,
    )
  })

  test('that is not there is said so, in words that help', async () => {
    await fake.behave('refused')
    const error = await failure(camera)
    assert.ok(error instanceof UnavailableError)
    assert.match(error.message, /there is no \/dev\/video63: is the camera plugged in\?/)
  })

  test('is left alone for a while after it failed, and works when it is back', async () => {
    await fake.behave('refused')
    for (let count = 0; count < 50; count++) assert.ok((await failure(camera)) instanceof UnavailableError)
    assert.equal((await fake.asked()).length, 1)
    await fake.behave('good')
    await waitUntil('it works', async () => (await failure(camera)) === undefined)
  })

  test('that hangs is unavailable, and its program killed, though it would not end by itself', async () => {
    for (const as of ['hangs', 'hangs-stubbornly'] as const) {
      await fake.behave(as)
      const began = performance.now()
      await waitUntil('it is unavailable', async () => (await failure(camera)) instanceof UnavailableError)
      assert.ok(performance.now() - began < 12_000)
      await waitUntil('its program is gone', async () => !(await fake.pids()).some(isAlive))
    }
    await fake.behave('good')
    await waitUntil('it works', async () => (await failure(camera)) === undefined, { timeoutMs: 20_000 })
  })

  test('that ends its program is opened again', async () => {
    await fake.behave('ends-early')
    await camera.capture(never)
    await waitUntil('the program ended', async () => (await failure(camera)) instanceof UnavailableError)
    await fake.behave('good')
    await waitUntil('it works', async () => (await failure(camera)) === undefined)
  })

  for (const as of ['endless', 'half', 'no-picture'] as const) {
    test(`is told from a good one when it sends what is ${as}`, async () => {
      await fake.behave(as)
      await assert.rejects(camera.capture(never), ProtocolError)
    })
  }

  test('that froze in its program is unavailable, not its last picture over again', async () => {
    await camera.capture(never)
    await fake.behave('hangs')
    await waitUntil('it is unavailable', async () => (await failure(camera)) instanceof UnavailableError, {
      timeoutMs: 20_000,
    })
  })

  test('lets go of whoever waits at once', async () => {
    await fake.behave('hangs')
    const hasty = new AbortController()
    const capture = camera.capture(hasty.signal)
    setImmediate(() => hasty.abort(new Error('given up')))
    await assert.rejects(capture, /given up/)
  })

  test('is a matter of configuration where ffmpeg is missing, broken or too old', async () => {
    const open = (folders: string[]) => openV4l2Camera(usb, { log, folders })
    const says = (words: RegExp) => (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, words)
      return true
    }
    await assert.rejects(open(['/nowhere']), says(/needs ffmpeg.*apt install ffmpeg/))
    const versionIs = (text: string) => writeFile(path.join(fake.folder, 'version'), text)
    await versionIs('ffmpeg version 4.3.9-0+deb11u1 Copyright\n')
    await assert.rejects(open([fake.folder]), says(/version 4\.3.*5\.1 or newer/))
    for (const good of ['n7.1', '10.0', 'N-112-gabc']) {
      await versionIs(`ffmpeg version ${good} Copyright\n`)
      await (await open([fake.folder])).close()
    }
  })
})

describe('a faulty RTSP camera', { skip: noFfmpeg, timeout: 180_000 }, () => {
  let fake: FakeRtsp
  const opened: Camera[] = []
  const open = async (login: Partial<typeof rtspLogin> = {}) => {
    const camera = await openRtspCamera(
      { kind: 'rtsp', url: `${fake.url}?token=secret`, framesPerSecond: 5, ...login },
      { log },
    )
    opened.push(camera)
    return camera
  }
  before(async () => {
    fake = await startFakeRtsp()
  })
  beforeEach(() => {
    fake.behaves.as = 'good'
    fake.behaves.login = 'none'
  })
  afterEach(async () => {
    for (const camera of opened.splice(0)) await camera.close()
    await waitUntil('nobody is left watching', () => fake.viewers() === 0)
  })
  after(() => fake.close())

  for (const login of ['basic', 'digest'] as const) {
    test(`is let in with ${login} login, and says so where it is refused`, async () => {
      fake.behaves.login = login
      assert.ok((await (await open(rtspLogin)).capture(never)).jpeg.byteLength > 0)
      await assert.rejects((await open()).capture(never), RejectedError)
      const refused = await failure(await open({ ...rtspLogin, password: 'wrong&secret' }))
      assert.ok(refused instanceof RejectedError)
      assert.doesNotMatch(`${refused.message} ${refused.stack} ${refused.cause}`, /secret|admin/)
    })
  }

  test('shows its login to nobody: not in its words, not among the arguments of the program', async () => {
    fake.behaves.login = 'digest'
    const camera = await open(rtspLogin)
    await camera.capture(never)
    assert.doesNotMatch(camera.description, /secret|admin|rasp/)
    const shown = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    assert.match(shown, /ffmpeg .*-f concat/)
    assert.doesNotMatch(shown, /rtsp:\/\/admin|b@rry|b%40rry/)
  })

  test('is unavailable while it is gone, and works when it is back', async () => {
    const camera = await open()
    await camera.capture(never)
    await fake.goAway()
    await waitUntil('it is unavailable', async () => (await failure(camera)) instanceof UnavailableError)
    const error = await failure(camera)
    assert.ok(error instanceof UnavailableError)
    await fake.comeBack()
    await waitUntil('it works', async () => (await failure(camera)) === undefined, { timeoutMs: 30_000 })
  })

  test('is unavailable when it froze or is silent, and works when it goes on', async () => {
    for (const as of ['frozen', 'silent'] as const) {
      fake.behaves.as = as
      const camera = await open()
      const error = await failure(camera)
      assert.ok(error instanceof UnavailableError, `${as}: ${error}`)
      fake.behaves.as = 'good'
      await waitUntil('it works', async () => (await failure(camera)) === undefined, { timeoutMs: 30_000 })
    }
  })

  test('says where the path is wrong, or what answers speaks no RTSP', async () => {
    fake.behaves.as = 'no-such-path'
    const error = await failure(await open())
    assert.ok(error instanceof ProtocolError)
    assert.match(error.message, /no stream at its path \/live/)
    fake.behaves.as = 'not-rtsp'
    assert.ok((await failure(await open())) instanceof ProtocolError)
  })

  test('is a matter of configuration where its address is none', async () => {
    for (const url of ['http://127.0.0.1/', 'rtsp:///live', 'rtsp://a:%@host/']) {
      const opening = openRtspCamera({ kind: 'rtsp', url, framesPerSecond: 2 }, { log })
      await assert.rejects(opening, ConfigError)
    }
  })
})
