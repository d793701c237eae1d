import type { Logger } from 'pino'
import type { Camera } from './camera.ts'
import type { CameraConfig } from './config.ts'
import { frameCamera } from './framing.ts'

/**
 * Opens the configured camera, loading only its own adapter. Contact is made by the first `capture`.
 * @throws ConfigError where the configuration can't work on this machine.
 */
export async function openCamera(config: CameraConfig, { log }: { log: Logger }): Promise<Camera> {
  return frameCamera(await openAdapter(config, log), config.picture)
}

async function openAdapter(config: CameraConfig, log: Logger): Promise<Camera> {
  switch (config.kind) {
    case 'simulated':
      return (await import('./simulated.ts')).openSimulatedCamera(config)
    case 'folder':
      return (await import('./folder.ts')).openFolderCamera(config)
    case 'snapshot':
      return (await import('./snapshot.ts')).openSnapshotCamera(config)
    case 'mjpeg':
      return (await import('./mjpeg.ts')).openMjpegCamera(config, { log })
    case 'libcamera':
      return (await import('./libcamera.ts')).openLibcamera(config, { log })
    case 'v4l2':
      return (await import('./v4l2.ts')).openV4l2Camera(config, { log })
    case 'rtsp':
      return (await import('./rtsp.ts')).openRtspCamera(config, { log })
    case 'bambu':
      return (await import('./bambu.ts')).openBambuCamera(config, { log })
  }
}
