import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { checkConfig, freezeDeeply } from '@layerwatch/shared/config-document.ts'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { Sensitivity } from '@layerwatch/shared/sensitivity.ts'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { CameraConfig } from './camera/config.ts'
import { findPauseMistakes, PauseConfig } from './pause/config.ts'
import { findPinMistakes, GpioConfig } from './pins/config.ts'
import { PrinterConfig } from './printer/config.ts'
import { readPrinterKey } from './printer/keys.ts'
import { findLightMistake, LightConfig } from './watch/light-config.ts'

/*
 * The agent's configuration: one schema, read once from a YAML file, frozen and passed down. A secret field
 * (`apiKey`, `password`) may be written as itself, as `apiKeyFile: PATH` or as `apiKeyEnv: NAME`; adapters only
 * ever see the secret itself.
 */

const PolicyAction = z.enum(['off', 'notify', 'pause', 'cancel'])
const actionWords =
  'off: as if it were never seen; notify: tell the owner; pause: pause the print as well; cancel: stop the print ' +
  'for good, which nobody can undo'
const defectAction = PolicyAction.optional()
export const PolicyConfig = z.strictObject({
  sensitivity: Sensitivity.default('normal').describe(
    'How readily a print is paused, by the false pauses in 100 hours of good printing that are allowed: ' +
      'low 0.03, normal 0.1, high 0.5. Warnings come ten times as often',
  ),
  action: PolicyAction.default('pause').describe(`What is done about a confirmed failure. ${actionWords}`),
  defects: z
    .strictObject({
      failure: defectAction,
      spaghetti: defectAction,
      warping: defectAction,
      no_growth: defectAction,
      layer_shift: defectAction,
      detached: defectAction,
      broken_off: defectAction,
      stray_material: defectAction,
    })
    .prefault({})
    .describe(
      'Another action for single defects, such as {warping: notify}. What only the comparison of layers finds ' +
        '(no_growth, layer_shift, detached, broken_off, stray_material) is told at most, unless named here',
    ),
})

export const WatchedPrinterConfig = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe('Name on the phone; the printer keeps its history by it'),
    printer: PrinterConfig,
    camera: CameraConfig,
    cameras: z
      .array(CameraConfig)
      .max(3)
      .optional()
      .describe('Further cameras on this printer, all judged together; where one is blind, the others go on'),
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
    pause: PauseConfig.prefault({}),
    gpio: GpioConfig.optional(),
    light: LightConfig.optional().describe(
      'Light that is switched on for the pictures and given back as it was; OctoPrint tells of none',
    ),
  })
  .superRefine(({ pause, printer, gpio, light }, context) => {
    const unlit = light && findLightMistake(light, { printer, gpio })
    if (unlit) context.addIssue({ code: 'custom', path: ['light', 'kind'], message: unlit })
    for (const { path, message } of gpio ? findPinMistakes(gpio) : [])
      context.addIssue({ code: 'custom', path: ['gpio', ...path], message })
    for (const { path, message } of findPauseMistakes(pause, printer))
      context.addIssue({ code: 'custom', path: ['pause', ...path], message })
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
    secretNames: ['apiKey', 'password', 'accessCode', 'secret'],
    readSecretFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
  })
  config.dataDir = resolve(folder, config.dataDir)
  if (config.detector.modelDir) config.detector.modelDir = resolve(folder, config.detector.modelDir)
  for (const { printer } of config.printers) {
    if (printer.kind === 'octoprint') printer.apiKey ??= readPrinterKey(config.dataDir, printer.url)
  }
  for (const camera of config.printers.flatMap(({ camera, cameras = [] }) => [camera, ...cameras])) {
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
