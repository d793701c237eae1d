import { type Mask, maskedShare, maxMaskedShare, Point } from '@layerwatch/shared/mask.ts'
import { Box } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import { AccessCode, Fingerprint, Host } from '../printer/bambu-address.ts'

/* What can be said of a camera in the agent's configuration; see `device/config.ts`. */

const HttpUrl = z.url({ protocol: /^https?$/ })

const login = {
  username: z
    .string()
    .min(1)
    .optional()
    .describe('Name for basic or digest login, where the camera asks for one'),
  password: z.string().min(1).optional().describe('Password for it; also passwordFile, passwordEnv'),
}
const Share = z.number().min(0).max(1)
export const PictureConfig = z.strictObject({
  rotationDegrees: z
    .literal([0, 90, 180, 270])
    .default(0)
    .describe('Turn of the picture in degrees, clockwise'),
  isMirrored: z
    .boolean()
    .default(false)
    .describe('Swap left and right, before it is turned; with 180 degrees that swaps top and bottom'),
  crop: z
    .strictObject({ left: Share, top: Share, width: Share, height: Share })
    .refine(({ width, height }) => width >= 0.1 && height >= 0.1, { error: 'must keep at least a tenth' })
    .refine(({ left, top, width, height }) => left + width <= 1.0001 && top + height <= 1.0001, {
      error: 'must lie within the picture',
    })
    .optional()
    .describe('Part of the turned picture that is kept, in 0..1 of its width and height'),
})
const IgnoredArea = z.union([
  z.strictObject({ box: Box }),
  z.strictObject({ polygon: z.array(Point).min(3).max(64) }),
])
const Ignore = z
  .array(IgnoredArea)
  .max(16)
  .refine((areas) => maskedShare(maskOfAreas(areas)) <= maxMaskedShare, {
    error: `covers more than ${100 * maxMaskedShare} % of the picture: nobody would watch`,
  })
/** What a configuration says to ignore, as a mask. */
export function maskOfAreas(areas: readonly z.infer<typeof IgnoredArea>[]): Mask {
  const boxes = areas.flatMap((area) => ('box' in area ? [area.box] : []))
  const polygons = areas.flatMap((area) => ('polygon' in area ? [area.polygon] : []))
  return { boxes, ...(polygons.length > 0 ? { polygons } : {}) }
}
/** How every kind of camera's picture is shown and judged. */
const picture = {
  picture: PictureConfig.optional().describe('Turns and crops what the camera gives'),
  ignore: Ignore.optional().describe(
    'Parts of the picture, as turned and cropped, in which nothing is judged, such as a spool or a screen: ' +
      '{box: [left, top, width, height]} or {polygon: [[x, y], …]} in 0..1',
  ),
}

export const SimulatedCameraConfig = z.strictObject({
  kind: z.literal('simulated'),
  url: HttpUrl.describe('Address of the simulator'),
  ...picture,
})
export const FolderCameraConfig = z.strictObject({
  kind: z.literal('folder'),
  path: z.string().min(1).describe('Folder of JPEG files, taken in order of their names'),
  intervalSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(5)
    .describe('Seconds from one picture to the next'),
  loop: z.boolean().default(false).describe('Begin again after the last picture'),
  ...picture,
})
export const SnapshotCameraConfig = z.strictObject({
  kind: z.literal('snapshot'),
  url: HttpUrl.describe('Address that answers with one JPEG'),
  ...login,
  ...picture,
})
export const MjpegCameraConfig = z.strictObject({
  kind: z.literal('mjpeg'),
  url: HttpUrl.describe('Address of a multipart/x-mixed-replace stream of JPEGs'),
  ...login,
  ...picture,
})
export const LibcameraConfig = z.strictObject({
  kind: z.literal('libcamera'),
  camera: z.number().int().min(0).max(7).default(0).describe('Number of the camera as rpicam-hello lists it'),
  width: z.number().int().min(320).max(4056).default(1280).describe('Width in pixels'),
  height: z.number().int().min(240).max(3040).default(960).describe('Height in pixels'),
  rotationDegrees: z.literal([0, 180]).default(0).describe('Turn of the picture in degrees'),
  captures: z
    .enum(['stream', 'stills'])
    .default('stream')
    .describe('A stream from rpicam-vid, or single shots, which take a second each'),
  framesPerSecond: z.number().int().min(1).max(30).default(5).describe('Pictures a second of the stream'),
  ...picture,
})
export const V4l2CameraConfig = z.strictObject({
  kind: z.literal('v4l2'),
  device: z
    .string()
    .regex(/^\/dev\/(video\d{1,3}|v4l\/by-(id|path)\/[\w.:+@-]+)$/, {
      error: 'must be such as /dev/video0 or a name from /dev/v4l/by-id/',
    })
    .default('/dev/video0')
    .describe('The camera; a name from /dev/v4l/by-id/ stays the same when another is plugged in'),
  width: z.number().int().min(160).max(4096).default(1280).describe('Width in pixels'),
  height: z.number().int().min(120).max(3040).default(720).describe('Height in pixels'),
  framesPerSecond: z
    .number()
    .int()
    .min(1)
    .max(30)
    .default(5)
    .describe('Pictures a second; the camera takes the nearest it can'),
  format: z
    .enum(['mjpeg', 'yuyv422'])
    .default('mjpeg')
    .describe('What the camera gives; yuyv422 for one without JPEG of its own'),
  ...picture,
})
export const RtspCameraConfig = z.strictObject({
  kind: z.literal('rtsp'),
  url: z
    .url({ protocol: /^rtsps?$/ })
    .describe(
      'Address such as rtsp://192.168.1.20/stream1; rtsps hides the pictures on the way, but ffmpeg offers no way to check whose certificate it is',
    ),
  username: z.string().min(1).optional().describe('Name for its login, where the camera asks for one'),
  password: z.string().min(1).optional().describe('Password for it; also passwordFile, passwordEnv'),
  framesPerSecond: z
    .number()
    .min(0.2)
    .max(10)
    .default(2)
    .describe('Most pictures a second that are made from the video'),
  ...picture,
})
export const BambuCameraConfig = z.strictObject({
  kind: z.literal('bambu'),
  host: Host,
  accessCode: AccessCode,
  fingerprint: Fingerprint,
  port: z.number().int().min(1).max(65_535).default(6000).describe("Port of the printer's camera"),
  ...picture,
})
export const CameraConfig = z.discriminatedUnion('kind', [
  SimulatedCameraConfig,
  FolderCameraConfig,
  SnapshotCameraConfig,
  MjpegCameraConfig,
  LibcameraConfig,
  V4l2CameraConfig,
  RtspCameraConfig,
  BambuCameraConfig,
])

export type PictureConfig = z.infer<typeof PictureConfig>
export type SimulatedCameraConfig = z.infer<typeof SimulatedCameraConfig>
export type FolderCameraConfig = z.infer<typeof FolderCameraConfig>
export type SnapshotCameraConfig = z.infer<typeof SnapshotCameraConfig>
export type MjpegCameraConfig = z.infer<typeof MjpegCameraConfig>
export type V4l2CameraConfig = z.infer<typeof V4l2CameraConfig>
export type RtspCameraConfig = z.infer<typeof RtspCameraConfig>
export type LibcameraConfig = z.infer<typeof LibcameraConfig>
export type BambuCameraConfig = z.infer<typeof BambuCameraConfig>
export type CameraConfig = z.infer<typeof CameraConfig>
