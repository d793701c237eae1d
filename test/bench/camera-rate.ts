import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import sharp from 'sharp'
import { openMjpegCamera } from '../../device/camera/mjpeg.ts'
import { startFakeCamera } from '../fakes/camera.ts'

/*
 * `deploy/node24 test/bench/camera-rate.ts`: what an MJPEG camera costs the agent at 10 and at 100 pictures a second
 * of about 60 kB, one being asked for every second. The camera itself runs in a process of its own.
 */

const seconds = 20
if (process.argv[2] === 'camera') await serve(Number(process.argv[3]), process.argv[4] === 'told')
else for (const tells of ['told', 'untold']) for (const rate of [10, 100]) await measure(rate, tells)

async function serve(framesPerSecond: number, tellsLength: boolean): Promise<void> {
  const fake = await startFakeCamera()
  fake.behaves.framesPerSecond = framesPerSecond
  fake.behaves.tellsLength = tellsLength
  fake.behaves.picture = await drawNoise()
  process.send?.(fake.url('mjpeg'))
}

async function measure(rate: number, tells: string): Promise<void> {
  const { fork } = await import('node:child_process')
  const child = fork(import.meta.filename, ['camera', String(rate), tells])
  const url = await new Promise<string>((resolve) => child.once('message', (said) => resolve(String(said))))
  const camera = openMjpegCamera({ kind: 'mjpeg', url }, { log: pino({ level: 'silent' }) })
  const never = new AbortController().signal
  const { jpeg } = await camera.capture(never)
  const cpu = process.cpuUsage()
  const ages: number[] = []
  let mostMb = 0
  for (let second = 0; second < seconds; second++) {
    const frame = await camera.capture(never)
    ages.push(performance.now() - frame.capturedAtMs)
    mostMb = Math.max(mostMb, process.memoryUsage.rss() / 1e6)
    await delay(1_000)
  }
  const { user, system } = process.cpuUsage(cpu)
  await camera.close()
  child.kill()
  const row = {
    rate,
    lengths: tells,
    kB: Math.round(jpeg.length / 1000),
    cpuShare: (user + system) / 1e6 / seconds,
    mostMb: Math.round(mostMb),
    oldestMs: Math.round(Math.max(...ages)),
  }
  console.log(JSON.stringify(row))
}

/** Sensor noise, which fills a JPEG as a camera's picture does. */
function drawNoise(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const
  return sharp({ create: { width: 1280, height: 960, channels: 3, background: 'grey', noise } })
    .blur(2)
    .jpeg({ quality: 75 })
    .toBuffer()
}
