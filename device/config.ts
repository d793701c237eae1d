import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { checkConfig, freezeDeeply } from '@layerwatch/shared/config-document.ts'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { parseDocument } from 'yaml'
import { z } from 'zod'

/*
 * The agent's configuration: one schema, read once from a YAML file, frozen and passed down. A secret field
 * (`apiKey`, `password`) may be written as itself, as `apiKeyFile: PATH` or as `apiKeyEnv: NAME`; adapters only
 * ever see the secret itself.
 */

const HttpUrl = z.url({ protocol: /^https?$/ })
const Host = z
  .string()
  .regex(/^[\w.:-]{1,253}$/)
  .describe('Name or IP address of the printer')
const AccessCode = z
  .string()
  .regex(/^[\x21-\x7e]{1,32}$/)
  .describe('Access code from its screen, Settings, Network; also accessCodeFile, accessCodeEnv')
const Fingerprint = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}$/, { error: 'is no fingerprint: 32 bytes as AB:CD:…' })
  .optional()
  .describe("SHA-256 of the certificate, as probe tells it; without it the printer's identity is not trusted")
export const SimulatedPrinterConfig = z.strictObject({
  kind: z.literal('simulated'),
  url: HttpUrl.describe('Address of the simulator'),
})
export const OctoPrintConfig = z.strictObject({
  kind: z.literal('octoprint'),
  url: HttpUrl.describe('Address of OctoPrint, such as http://octopi.local'),
  apiKey: z
    .string()
    .min(1)
    .describe("Key from OctoPrint's settings, Application Keys; also apiKeyFile, apiKeyEnv"),
})
export const BambuPrinterConfig = z.strictObject({
  kind: z.literal('bambu'),
  host: Host,
  serial: z
    .string()
    .regex(/^\w{8,32}$/)
    .describe("The printer's serial number"),
  accessCode: AccessCode,
  fingerprint: Fingerprint,
  port: z.number().int().min(1).max(65_535).default(8883).describe('Port of the printer’s broker'),
})
export const NoLinkConfig = z.strictObject({ kind: z.literal('none') })
export const PrinterConfig = z.discriminatedUnion('kind', [
  SimulatedPrinterConfig,
  OctoPrintConfig,
  BambuPrinterConfig,
  NoLinkConfig,
])

const login = {
  username: z
    .string()
    .min(1)
    .optional()
    .describe('Name for basic or digest login, where the camera asks for one'),
  password: z.string().min(1).optional().describe('Password for it; also passwordFile, passwordEnv'),
}
export const SimulatedCameraConfig = z.strictObject({
  kind: z.literal('simulated'),
  url: HttpUrl.describe('Address of the simulator'),
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
})
export const SnapshotCameraConfig = z.strictObject({
  kind: z.literal('snapshot'),
  url: HttpUrl.describe('Address that answers with one JPEG'),
  ...login,
})
export const MjpegCameraConfig = z.strictObject({
  kind: z.literal('mjpeg'),
  url: HttpUrl.describe('Address of a multipart/x-mixed-replace stream of JPEGs'),
  ...login,
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
})
export const RtspCameraConfig = z.strictObject({
  kind: z.literal('rtsp'),
  url: z.url({ protocol: /^rtsps?$/ }).describe('Address such as rtsp://192.168.1.20/stream1'),
  username: z.string().min(1).optional().describe('Name for its login, where the camera asks for one'),
  password: z.string().min(1).optional().describe('Password for it; also passwordFile, passwordEnv'),
  framesPerSecond: z
    .number()
    .min(0.2)
    .max(10)
    .default(2)
    .describe('Most pictures a second that are made from the video'),
})
export const BambuCameraConfig = z.strictObject({
  kind: z.literal('bambu'),
  host: Host,
  accessCode: AccessCode,
  fingerprint: Fingerprint,
  port: z.number().int().min(1).max(65_535).default(6000).describe('Port of the camera'),
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

const Pin = z.number().int().min(0).max(27).describe('BCM number of the pin')
export const GpioConfig = z.strictObject({
  relay: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(false).describe('The relay is on while the pin is low'),
      cutsPower: z
        .boolean()
        .default(false)
        .describe(
          'Switch the relay when a confirmed failure could not be paused and the printer still answers',
        ),
    })
    .optional()
    .describe('Relay, off unless switched'),
  button: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(true).describe('The pin is low while the button is pressed'),
      debounceMs: z.number().int().min(1).max(1000).default(30).describe('Milliseconds a press must last'),
    })
    .optional()
    .describe('Button that pauses the print'),
  lamp: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(false).describe('The lamp is lit while the pin is low'),
    })
    .optional()
    .describe('Lamp that is lit from a suspected failure on'),
})

const Probability = z.number().gt(0.5).lt(1)
export const PolicyConfig = z
  .strictObject({
    warn: Probability.default(0.7).describe('Evidence, 0.5 to 1, from which the owner is told'),
    pause: Probability.default(0.985).describe('Evidence, 0.5 to 1, from which the print is paused'),
    action: z.enum(['pause', 'notify']).default('pause').describe('What is done about a confirmed failure'),
  })
  .refine((policy) => policy.warn < policy.pause, { path: ['warn'], error: 'must be below pause' })

export const WatchedPrinterConfig = z.strictObject({
  name: z.string().trim().min(1).max(200).describe('Name on the phone; the printer keeps its history by it'),
  printer: PrinterConfig,
  camera: CameraConfig,
  capture: z
    .strictObject({
      intervalSeconds: z
        .number()
        .min(0.5)
        .max(300)
        .default(5)
        .describe('Seconds of printing between two pictures'),
    })
    .prefault({}),
  policy: PolicyConfig.prefault({}),
  gpio: GpioConfig.optional(),
})

export const DetectorConfig = z.strictObject({
  backend: z
    .enum(['auto', 'onnx-int8', 'onnx', 'tfjs-node', 'tfjs-wasm'])
    .default('auto')
    .describe('Runtime of the model; auto takes the fastest that agrees with the reference outputs'),
  threads: z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Threads of one inference, where the runtime has them'),
  modelDir: z.string().min(1).optional().describe('Folder of another model; the shipped one by default'),
})

export const AgentConfig = z.strictObject({
  name: z.string().trim().min(1).max(200).default(hostname()).describe('Name of this device on the phone'),
  dataDir: z
    .string()
    .min(1)
    .default('data')
    .describe("Folder of the agent's own files, from this file's folder on"),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
  detector: DetectorConfig.prefault({}),
  printers: z
    .array(WatchedPrinterConfig)
    .min(1)
    .max(32)
    .refine((printers) => new Set(printers.map(({ name }) => name)).size === printers.length, {
      error: 'two printers have one name',
    }),
})

export type SimulatedPrinterConfig = z.infer<typeof SimulatedPrinterConfig>
export type OctoPrintConfig = z.infer<typeof OctoPrintConfig>
export type BambuPrinterConfig = z.infer<typeof BambuPrinterConfig>
export type PrinterConfig = z.infer<typeof PrinterConfig>
export type SimulatedCameraConfig = z.infer<typeof SimulatedCameraConfig>
export type FolderCameraConfig = z.infer<typeof FolderCameraConfig>
export type SnapshotCameraConfig = z.infer<typeof SnapshotCameraConfig>
export type MjpegCameraConfig = z.infer<typeof MjpegCameraConfig>
export type V4l2CameraConfig = z.infer<typeof V4l2CameraConfig>
export type RtspCameraConfig = z.infer<typeof RtspCameraConfig>
export type LibcameraConfig = z.infer<typeof LibcameraConfig>
export type BambuCameraConfig = z.infer<typeof BambuCameraConfig>
export type CameraConfig = z.infer<typeof CameraConfig>
export type GpioConfig = z.infer<typeof GpioConfig>
export type PolicyConfig = z.infer<typeof PolicyConfig>
export type WatchedPrinterConfig = z.infer<typeof WatchedPrinterConfig>
export type DetectorConfig = z.infer<typeof DetectorConfig>
export type AgentConfig = z.infer<typeof AgentConfig>

/**
 * Reads a configuration file; relative paths in it count from the file's own folder.
 * @throws ConfigError with one line per mistake, each beginning with the path of the field.
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): AgentConfig {
  return parseConfig(readText(file), { folder: dirname(resolve(file)), env, file })
}

/** Checks the text of a configuration file. Secrets named by file or variable are read here. */
export function parseConfig(
  text: string,
  { folder, env, file }: { folder: string; env: NodeJS.ProcessEnv; file: string },
): AgentConfig {
  const config = checkConfig(AgentConfig, parseDocument(text), {
    file,
    env,
    secretNames: ['apiKey', 'password', 'accessCode'],
    readSecretFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
  })
  config.dataDir = resolve(folder, config.dataDir)
  if (config.detector.modelDir) config.detector.modelDir = resolve(folder, config.detector.modelDir)
  for (const { camera } of config.printers) {
    if (camera.kind === 'folder') camera.path = resolve(folder, camera.path)
  }
  return freezeDeeply(config)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${file} can't be read`, {
      cause,
      problems: [`${file}: can't be read; name another with --config, or copy agent.example.yaml to it`],
    })
  }
}
