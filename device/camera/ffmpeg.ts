import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { PartReader } from './mjpeg-parts.ts'
import type { PictureProgram } from './picture-program.ts'
import { findProgram, programEnvironment } from './programs.ts'

/** `-fps_mode` came with this one; `-timeout` of RTSP meant something else before 5.0. Debian 12 has 5.1. */
const oldest = { major: 5, minor: 1 }
const versionTimeoutMs = 10_000
const boundary = 'layerwatch'
/** Wider pictures are made smaller: a network camera's 4K costs a Pi more than it shows. */
const widest = 1920
/** JPEG quality on ffmpeg's own scale: 2 is the best, 31 the worst. */
const quality = 4

/**
 * The program that reads USB and RTSP cameras.
 * @throws ConfigError where it is missing or too old, and says what to install.
 */
export async function findFfmpeg(folders?: readonly string[]): Promise<string> {
  const file = findProgram(['ffmpeg'], folders)
  const remedy = 'install it with: sudo apt install ffmpeg'
  if (file === undefined) throw new ConfigError(`this camera needs ffmpeg, which is not here: ${remedy}`)
  const run = promisify(execFile)
  const options = { timeout: versionTimeoutMs, env: programEnvironment() }
  const { stdout } = await run(file, ['-hide_banner', '-version'], options).catch((cause: unknown) => {
    throw new ConfigError(`${file} does not run: ${remedy}`, { cause })
  })
  const [, major, minor] = /^ffmpeg version n?(\d+)\.(\d+)/.exec(stdout) ?? []
  // Builds of a day tell no number and are newer than any.
  const isOld =
    major !== undefined &&
    (Number(major) < oldest.major || (Number(major) === oldest.major && Number(minor) < oldest.minor))
  if (isOld) {
    const wanted = `${oldest.major}.${oldest.minor}`
    throw new ConfigError(`${file} is version ${major}.${minor}; this camera needs ${wanted} or newer`)
  }
  return file
}

export interface FfmpegRun {
  file: string
  /** Whose pictures they are, for messages. */
  name: string
  /** What comes before and with `-i`. https://ffmpeg.org/ffmpeg.html */
  source: readonly string[]
  input?: string
  /** Most pictures a second; `copied`: every JPEG of the camera just as it is, which costs nothing. */
  pictures: 'copied' | { perSecond: number }
  hide?: (words: string) => string
}

/** Makes ffmpeg write what it reads as JPEGs in parts, each as soon as it is there. */
export function runFfmpeg({ file, name, source, input, pictures, hide }: FfmpegRun): PictureProgram {
  const args = [
    ...['-hide_banner', '-nostats', '-loglevel', 'error'],
    ...(input === undefined ? ['-nostdin'] : []),
    ...source,
    ...['-map', '0:v:0', '-an', '-sn', '-dn'],
    ...(pictures === 'copied' ? ['-c:v', 'copy'] : encode(pictures.perSecond)),
    ...['-flush_packets', '1', '-f', 'mpjpeg', '-boundary_tag', boundary, 'pipe:1'],
  ]
  return {
    name,
    file,
    args,
    cutter: new PartReader(boundary),
    ...(input !== undefined && { input }),
    ...(hide && { hide }),
  }
}

/** One thread, since each further one would hold back a picture. */
function encode(perSecond: number): string[] {
  // A camera whose clock is set back counts on from there.
  const isDue = `gte(t-prev_selected_t\\,${1 / perSecond})`
  const paced = `select=isnan(prev_selected_t)+lt(t\\,prev_selected_t)+${isDue}`
  const filter = `${paced},scale=w=min(${widest}\\,iw):h=-2,format=yuvj420p`
  return [
    '-vf',
    filter,
    '-fps_mode',
    'passthrough',
    '-c:v',
    'mjpeg',
    '-q:v',
    String(quality),
    '-threads',
    '1',
  ]
}

/** Milliseconds to leave a camera alone after so many failures in a row: 0.5 s at first, 15 s at most. */
export function pauseBeforeRestart(failures: number): number {
  if (failures === 0) return 0
  const jitter = 0.8 + 0.4 * Math.random()
  return jitter * Math.min(15_000, 250 * 2 ** failures)
}
