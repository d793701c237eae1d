import type { z } from 'zod'
import { ConfigError } from './errors.ts'

/** What both programs do with a configuration file between reading its YAML and using it. */

/** A parsed YAML document, as the `yaml` package has it. */
export interface ConfigDocument {
  errors: readonly { message: string; code: string }[]
  toJS(): unknown
}

export interface ConfigSources {
  /** Name of the file, for messages. */
  file: string
  /** Fields that hold a secret: `xxx` may be written as itself, as `xxxFile: PATH` or as `xxxEnv: NAME`. */
  secretNames: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** Text of a file that holds a secret. Throws where it can't be read. */
  readSecretFile: (path: string) => string
  /** Fields that outrank what the file says. */
  overrides?: Readonly<Record<string, unknown>>
}

/** Deeper than any configuration goes: an alias within its own anchor goes on for ever. */
const maxDepth = 20

/**
 * Checks a configuration against its schema, secrets read and put in their places.
 * @throws ConfigError with one line per mistake, each beginning with the path of the field.
 */
export function checkConfig<T>(schema: z.ZodType<T>, document: ConfigDocument, sources: ConfigSources): T {
  const problems = document.errors.map(({ message, code }) => message.split('\n')[0] ?? code)
  const written = problems.length > 0 ? {} : readDocument(document, problems)
  const resolved = resolveSecrets(written ?? {}, { ...sources, path: [], problems })
  const parsed = schema.safeParse(isRecord(resolved) ? { ...resolved, ...sources.overrides } : resolved)
  if (problems.length === 0 && parsed.success) return parsed.data
  if (problems.length === 0 && parsed.error) {
    problems.push(...parsed.error.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`))
  }
  throw new ConfigError(`${sources.file} has mistakes`, { problems })
}

/** Makes a configuration unchangeable, at every depth. */
export function freezeDeeply<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const field of Object.values(value)) freezeDeeply(field)
    Object.freeze(value)
  }
  return value
}

function readDocument(document: ConfigDocument, problems: string[]): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // Such as a password that begins with * and stands without quotes.
    problems.push(`file: ${error instanceof Error ? error.message : String(error)}`)
    return {}
  }
}

interface Place extends ConfigSources {
  path: PropertyKey[]
  problems: string[]
}

/** Replaces `xxxFile` and `xxxEnv` of every secret xxx by the secret itself, at every depth. */
function resolveSecrets(value: unknown, place: Place): unknown {
  const { path, problems, secretNames } = place
  if (path.length > maxDepth) {
    problems.push(`${pathText(path.slice(0, 3))}: nested without end`)
    return undefined
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveSecrets(item, { ...place, path: [...path, index] }))
  }
  if (!isRecord(value)) return value
  const fields = Object.entries(value).map(([key, field]): [string, unknown] => {
    const at = { ...place, path: [...path, key] }
    const secret = secretNames.find((name) => key === `${name}File` || key === `${name}Env`)
    if (!secret) return [key, resolveSecrets(field, at)]
    return [secret, readSecret(String(field), key.endsWith('File'), at)]
  })
  return Object.fromEntries(fields)
}

function readSecret(source: string, isFile: boolean, { env, path, problems, readSecretFile }: Place): string {
  try {
    const secret = (isFile ? readSecretFile(source) : (env[source] ?? '')).trim()
    if (secret) return secret
    problems.push(`${pathText(path)}: ${isFile ? 'the file' : 'the variable'} ${source} is empty`)
  } catch {
    problems.push(`${pathText(path)}: the file ${source} can't be read`)
  }
  return '-'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'file' : path.map(String).join('.')
}
