import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { Login } from '../net/http-login.ts'
import { parseAddress } from './address.ts'
import type { Camera } from './camera.ts'
import type { RtspCameraConfig } from './config.ts'
import { findFfmpeg, pauseBeforeRestart, runFfmpeg } from './ffmpeg.ts'
import { readProgram } from './picture-program.ts'
import { askRtsp, showPath } from './rtsp-ask.ts'
import { StreamCamera } from './stream-camera.ts'

/** Silence on the connection after which ffmpeg gives it up, in microseconds as it wants them. */
const timeoutUs = 6_000_000
/** How much is looked at to tell what the stream is; the default of 5 s would delay the first picture. */
const analyzeUs = 1_000_000
const protocols = 'pipe,rtsp,rtp,tcp,tls,udp,crypto'

/**
 * A network camera over RTSP, read by ffmpeg with its data on the same TCP connection.
 * https://ffmpeg.org/ffmpeg-protocols.html#rtsp
 * @throws ConfigError where the address is none, or ffmpeg is missing or too old.
 */
export async function openRtspCamera(
  config: RtspCameraConfig,
  { log, folders }: { log: Logger; folders?: readonly string[] },
): Promise<Camera> {
  const { url, login } = parseAddress(config, ['rtsp', 'rtsps'])
  const name = url.host
  const run = {
    file: await findFfmpeg(folders),
    name,
    // The address holds the login, so it comes as a list of one on the input: arguments are seen by everybody.
    source: [
      ...['-analyzeduration', String(analyzeUs), '-fpsprobesize', '0', '-fflags', 'nobuffer'],
      ...[
        '-flags',
        'low_delay',
        '-thread_type',
        'slice',
        '-f',
        'concat',
        '-safe',
        '0',
        '-protocol_whitelist',
        protocols,
      ],
      ...['-i', 'pipe:0'],
    ],
    input: listOfOne(url, login),
    pictures: { perSecond: config.framesPerSecond },
    hide: (words: string) => hideSecrets(words, login),
  } as const
  return new StreamCamera(
    {
      description: `RTSP stream at ${url.protocol}//${url.host}${showPath(url)}`,
      name,
      restartAfterMs: pauseBeforeRestart,
      read: async (take, signal) => {
        try {
          await readProgram(runFfmpeg(run), { take, signal })
        } catch (error) {
          // ffmpeg tells what is wrong in words alone; the camera itself tells it in numbers.
          if (error instanceof UnavailableError && !signal.aborted) await askRtsp(url, login, signal)
          throw error
        }
      },
    },
    log,
  )
}

/** https://ffmpeg.org/ffmpeg-formats.html#concat-1 */
function listOfOne(url: URL, login: Login | undefined): string {
  const full = new URL(url)
  if (login) {
    full.username = encodeURIComponent(login.username)
    full.password = encodeURIComponent(login.password)
  }
  const quoted = full.href.replaceAll("'", '%27')
  const options = [
    ...['rtsp_transport tcp', 'allowed_media_types video', `timeout ${timeoutUs}`],
    ...[`analyzeduration ${analyzeUs}`, 'fpsprobesize 0', 'fflags nobuffer'],
  ]
  return ['ffconcat version 1.0', `file '${quoted}'`, ...options.map((one) => `option ${one}`), ''].join('\n')
}

/** Takes the login and every address out of what ffmpeg says. */
function hideSecrets(words: string, login: Login | undefined): string {
  const secrets = login ? [login.password, login.username].filter((one) => one !== '') : []
  return secrets
    .flatMap((one) => [one, encodeURIComponent(one)])
    .reduce((text, secret) => text.replaceAll(secret, '…'), words)
    .replace(/\brtsps?:\/\/[^\s']*/g, 'the camera')
}
