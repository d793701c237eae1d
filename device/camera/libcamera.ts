import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { env } from 'node:process'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { libcamera } from 'node-libcamera'
import type { Logger } from 'pino'
import type { Camera, Frame } from './camera.ts'
import { maxFrameBytes } from './camera.ts'
import type { LibcameraConfig } from './config.ts'
import { pauseBeforeRestart } from './ffmpeg.ts'
import { checkJpeg } from './jpeg.ts'
import { JpegCutter } from './jpeg-cutter.ts'
import { readProgram } from './picture-program.ts'
import { findProgram, programFolders } from './programs.ts'
import { StreamCamera } from './stream-camera.ts'

/** The program's own time for exposure and white balance to settle. */
const settleMs = 500
/** Longest life of the program: the camera can't be opened twice, so a stuck one is killed. */
const longestRunSeconds = 8
const jpegQuality = 85

/**
 * A camera on the Pi's ribbon cable: a stream of JPEGs from `rpicam-vid`, which is ready at any moment; single
 * shots where the configuration or an old system wants them.
 * https://www.raspberrypi.com/documentation/computers/camera_software.html#rpicam-vid
 * @throws ConfigError where neither program is installed.
 */
export async function openLibcamera(
  config: LibcameraConfig,
  { log, folders = programFolders() }: { log: Logger; folders?: readonly string[] },
): Promise<Camera> {
  const streaming = findProgram(['rpicam-vid', 'libcamera-vid'], folders)
  if (config.captures === 'stream' && streaming !== undefined) return openStream(config, streaming, log)
  const single = findProgram(['rpicam-jpeg', 'libcamera-jpeg'], folders)
  if (single !== undefined) return openStills(config, single)
  throw new ConfigError(
    'no rpicam-vid or libcamera-vid on this machine: install it with: sudo apt install rpicam-apps',
  )
}

function openStream(config: LibcameraConfig, file: string, log: Logger): Camera {
  const { camera, width, height, framesPerSecond, rotationDegrees } = config
  const name = `Raspberry Pi camera ${camera}`
  const args = [
    ...['--codec', 'mjpeg', '--timeout', '0', '--nopreview', '--flush', '--camera', String(camera)],
    ...['--width', String(width), '--height', String(height), '--framerate', String(framesPerSecond)],
    ...['--quality', String(jpegQuality), '--rotation', String(rotationDegrees), '--output', '-'],
  ]
  const description = `${name}, ${width}×${height}, streaming`
  return new StreamCamera(
    {
      description,
      name,
      restartAfterMs: pauseBeforeRestart,
      read: (take, signal) => readProgram({ name, file, args, cutter: new JpegCutter() }, { take, signal }),
    },
    log,
  )
}

/**
 * Single shots through `node-libcamera`. That package runs the command `libcamera-jpeg` in a shell without
 * escaping and gives no way to say where it is. So nothing but numbers and fixed names is passed to it, and a
 * private folder, first on this process's PATH, holds a `libcamera-jpeg` that runs what there really is:
 * `rpicam-jpeg` since Raspberry Pi OS bookworm, `libcamera-jpeg` before.
 */
async function openStills(config: LibcameraConfig, program: string): Promise<Camera> {
  if (program.includes("'")) throw new ConfigError(`a plain path is needed for ${program}`)
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-camera-'))
  // The folder's path does pass the shell; the system chose all of it.
  if (!/^[\w./-]+$/.test(folder))
    throw new ConfigError(`a temporary folder of plain letters is needed: ${folder}`)
  const link = path.join(folder, 'libcamera-jpeg')
  await writeFile(link, `#!/bin/sh\nexec timeout -k 1 ${longestRunSeconds} '${program}' "$@"\n`)
  await chmod(link, 0o700)
  return new LibcameraStills(config, folder)
}

class LibcameraStills implements Camera {
  readonly description: string
  readonly #config: LibcameraConfig
  readonly #folder: string
  /** The run in progress; it is waited for even where nobody wants its picture any more. */
  #run: Promise<Frame> | undefined

  constructor(config: LibcameraConfig, folder: string) {
    this.description = `Raspberry Pi camera ${config.camera}, ${config.width}×${config.height}, single shots`
    this.#config = config
    this.#folder = folder
  }

  async capture(signal: AbortSignal): Promise<Frame> {
    signal.throwIfAborted()
    await this.#run?.catch(() => undefined)
    signal.throwIfAborted()
    const run = this.#takePicture().finally(() => {
      this.#run = undefined
    })
    this.#run = run
    const givenUp = Promise.withResolvers<never>()
    const giveUp = () => givenUp.reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([run, givenUp.promise])
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async close(): Promise<void> {
    await this.#run?.catch(() => undefined)
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #takePicture(): Promise<Frame> {
    const file = path.join(this.#folder, 'frame.jpg')
    await rm(file, { force: true })
    const { camera, width, height, rotationDegrees } = this.#config
    // Made here, so that the type promises numbers and these are the only strings.
    const options = {
      nopreview: true,
      camera,
      width,
      height,
      quality: jpegQuality,
      timeout: settleMs,
      output: file,
      ...(rotationDegrees === 180 && { rotation: 180 as const }),
    }
    await this.#runProgram(options)
    const capturedAtMs = performance.now()
    const jpeg = await readFile(file).catch((cause: unknown) => {
      throw new UnavailableError('the camera gave no picture', { cause })
    })
    if (jpeg.byteLength > maxFrameBytes) throw new ProtocolError('the picture has too many bytes')
    return { jpeg: checkJpeg(jpeg), capturedAtMs }
  }

  async #runProgram(options: Parameters<typeof libcamera.jpeg>[0]): Promise<void> {
    const usualPath = env.PATH ?? '/usr/bin:/bin'
    try {
      // The package starts the program before it first waits, so the PATH is changed for that moment only.
      env.PATH = `${this.#folder}:${usualPath}`
      const running = libcamera.jpeg(options)
      env.PATH = usualPath
      await running
    } catch (cause) {
      const isStuck = cause instanceof Error && 'code' in cause && (cause.code === 124 || cause.code === 137)
      const what = isStuck ? `took more than ${longestRunSeconds} s` : 'failed'
      throw new UnavailableError(`the camera's program ${what}`, { cause })
    } finally {
      env.PATH = usualPath
    }
  }
}
