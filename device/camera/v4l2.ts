import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { Camera } from './camera.ts'
import type { V4l2CameraConfig } from './config.ts'
import { findFfmpeg, pauseBeforeRestart, runFfmpeg } from './ffmpeg.ts'
import { readProgram } from './picture-program.ts'
import { StreamCamera } from './stream-camera.ts'

/**
 * A USB camera, read by ffmpeg through Video4Linux2. A camera that gives JPEGs is passed on as it is; one that
 * gives raw pictures is encoded. https://ffmpeg.org/ffmpeg-devices.html#video4linux2_002c-v4l2
 * @throws ConfigError where ffmpeg is missing or too old.
 */
export async function openV4l2Camera(
  config: V4l2CameraConfig,
  { log, folders }: { log: Logger; folders?: readonly string[] },
): Promise<Camera> {
  const { device, width, height, framesPerSecond, format } = config
  const run = {
    file: await findFfmpeg(folders),
    name: device,
    source: [
      ...['-f', 'v4l2', '-input_format', format, '-framerate', String(framesPerSecond)],
      ...['-video_size', `${width}x${height}`, '-i', device],
    ],
    pictures: format === 'mjpeg' ? 'copied' : { perSecond: framesPerSecond },
  } as const
  return new StreamCamera(
    {
      description: `USB camera ${device}, ${width}×${height}`,
      name: device,
      restartAfterMs: pauseBeforeRestart,
      read: async (take, signal) => {
        try {
          await readProgram(runFfmpeg(run), { take, signal })
        } catch (error) {
          if (error instanceof UnavailableError && !signal.aborted) await explainDevice(device, error)
          throw error
        }
      },
    },
    log,
  )
}

/** Says what a person can do about a device that can't be opened at all. */
async function explainDevice(device: string, cause: UnavailableError): Promise<void> {
  const code = await access(device, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  )
  if (code === 'ENOENT') {
    throw new UnavailableError(`there is no ${device}: is the camera plugged in?`, { cause })
  }
  if (code === 'EACCES') {
    const remedy = 'add it to the group video'
    throw new UnavailableError(`${device} can't be opened by the agent's user: ${remedy}`, { cause })
  }
}
