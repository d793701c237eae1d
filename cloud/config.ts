import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkConfig, freezeDeeply } from '@layerwatch/shared/config-document.ts'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { parseDocument } from 'yaml'
import { z } from 'zod'

/*
 * The cloud's configuration: one schema, read once from a YAML file, frozen and passed down. A secret field
 * (`databaseUrl`, `password`, `botToken`) may be written as itself, as `passwordFile: PATH` or as `passwordEnv: NAME`.
 * Variables LAYERWATCH_PORT, LAYERWATCH_HOST, LAYERWATCH_DATA_DIR, LAYERWATCH_BASE_URL, LAYERWATCH_SIGN_UP,
 * LAYERWATCH_DATABASE_URL and LAYERWATCH_LOG_LEVEL replace what the file says.
 */

const Port = z.number().int().min(0).max(65535)

const Network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

export const EmbeddedBrokerConfig = z.strictObject({
  kind: z.literal('embedded'),
  port: Port.optional().describe(
    'TLS port of the broker; by default 8883 or, where that is taken, a free one that is kept',
  ),
  host: z.string().min(1).optional().describe("Address the broker listens on; the page's host by default"),
  publicUrl: z
    .url({ protocol: /^mqtts$/ })
    .optional()
    .describe('Address devices are told; by default the host they paired at, with the port'),
})
export const MosquittoConfig = z.strictObject({
  kind: z.literal('mosquitto'),
  url: z.url({ protocol: /^mqtts$/ }).describe('Address the cloud connects to, such as mqtts://broker:8883'),
  publicUrl: z
    .url({ protocol: /^mqtts$/ })
    .optional()
    .describe('Address devices are told; `url` by default'),
  configDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder written by `mosquitto-config`; holds the list of revoked certificates'),
  pidFile: z
    .string()
    .min(1)
    .optional()
    .describe("Mosquitto's pid file; it is told (SIGHUP) when the list changes"),
})

export const SmtpConfig = z.strictObject({
  host: z.string().min(1).describe('Mail server'),
  port: z.number().int().min(1).max(65535).default(587).describe('Its port'),
  security: z
    .enum(['tls', 'starttls', 'none'])
    .default('starttls')
    .describe('tls from the first byte on (465), STARTTLS required (587), or none'),
  user: z.string().min(1).optional().describe('Login, where the server asks for one'),
  password: z.string().min(1).optional().describe('Its password; also passwordFile, passwordEnv'),
  from: z.string().min(3).max(320).describe('Sender, such as Layerwatch <printers@example.org>'),
})

export const TelegramConfig = z.strictObject({
  botToken: z
    .string()
    .regex(/^\d+:[-\w]+$/, 'a token as @BotFather gives it')
    .describe('Token of your own bot, from @BotFather; also botTokenFile, botTokenEnv'),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://api.telegram.org')
    .describe('Where the Bot API is: a server of your own, or Telegram’s'),
})

export const MetricsConfig = z.strictObject({
  port: Port.describe('Port of /metrics; 0 takes a free one'),
  host: z.string().min(1).default('127.0.0.1').describe('Address it listens on; nobody has to log in there'),
})

export const CloudConfig = z.strictObject({
  port: Port.default(8080).describe('Port of the page and its API; 0 takes a free one'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; loopback alone unless told otherwise'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address people open; http://HOST:PORT by default. https makes cookies secure'),
  dataDir: z
    .string()
    .min(1)
    .default('data')
    .describe("Folder of the cloud's files, from this file's folder on"),
  signUp: z
    .enum(['token', 'open', 'closed'])
    .default('token')
    .describe('Who may sign up: the first owner with the set-up token, anybody, or nobody'),
  trustedProxies: z.array(Network).default([]).describe('Proxies whose X-Forwarded-For is believed'),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('PostgreSQL to use; without it an embedded one. Also databaseUrlFile, databaseUrlEnv'),
  broker: z
    .discriminatedUnion('kind', [EmbeddedBrokerConfig, MosquittoConfig])
    .prefault({ kind: 'embedded' }),
  smtp: SmtpConfig.optional().describe('Mail server for notifications and forgotten passwords'),
  telegram: TelegramConfig.optional().describe(
    'Bot that tells people in Telegram; it needs no way in from outside',
  ),
  metrics: MetricsConfig.optional().describe('Figures for Prometheus, on a port of their own'),
  privatePushServices: z
    .array(Network)
    .default([])
    .describe('Addresses and networks that are not public where a Web Push service may be called'),
  privateServices: z
    .array(Network)
    .default([])
    .describe(
      'Addresses and networks that are not public where a person’s ntfy server or webhook may be called',
    ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
})

export type EmbeddedBrokerConfig = z.infer<typeof EmbeddedBrokerConfig>
export type MosquittoConfig = z.infer<typeof MosquittoConfig>
export type TelegramConfig = z.infer<typeof TelegramConfig>
export type SmtpConfig = z.infer<typeof SmtpConfig>
export type CloudConfig = z.infer<typeof CloudConfig>

/** What the command line may set; it outranks variables and file. */
export type ConfigOverrides = { port?: number; host?: string; dataDir?: string }

/**
 * Reads a configuration file, or only defaults, variables and overrides where no file is named. Relative
 * paths count from the file's own folder.
 * @throws ConfigError with one line per mistake, each beginning with the path of the field.
 */
export function loadConfig(
  file: string | undefined,
  overrides: ConfigOverrides = {},
  env: NodeJS.ProcessEnv = process.env,
): CloudConfig {
  const folder = file ? dirname(resolve(file)) : process.cwd()
  return parseConfig(file ? readText(file) : '', {
    folder,
    env,
    file: file ?? 'the configuration',
    overrides,
  })
}

/** Checks the text of a configuration file. Secrets named by file or variable are read here. */
export function parseConfig(
  text: string,
  {
    folder,
    env,
    file,
    overrides = {},
  }: { folder: string; env: NodeJS.ProcessEnv; file: string; overrides?: ConfigOverrides },
): CloudConfig {
  const config = checkConfig(CloudConfig, parseDocument(text), {
    file,
    env,
    secretNames: ['databaseUrl', 'password', 'botToken'],
    readSecretFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
    overrides: { ...fromVariables(env), ...defined(overrides) },
  })
  config.dataDir = resolve(folder, config.dataDir)
  if (config.broker.kind === 'mosquitto') {
    if (config.broker.configDir) config.broker.configDir = resolve(folder, config.broker.configDir)
    if (config.broker.pidFile) config.broker.pidFile = resolve(folder, config.broker.pidFile)
  }
  return freezeDeeply(config)
}

function fromVariables(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const port = env.LAYERWATCH_PORT
  return defined({
    port: port === undefined ? undefined : Number(port),
    host: env.LAYERWATCH_HOST,
    dataDir: env.LAYERWATCH_DATA_DIR,
    baseUrl: env.LAYERWATCH_BASE_URL,
    signUp: env.LAYERWATCH_SIGN_UP,
    databaseUrl: env.LAYERWATCH_DATABASE_URL,
    logLevel: env.LAYERWATCH_LOG_LEVEL,
  })
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${file} can't be read`, { cause, problems: [`${file}: can't be read`] })
  }
}
