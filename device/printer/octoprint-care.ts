import { ProtocolError, RejectedError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { ReadReply } from '../net/http.ts'
import type { PausedCare } from './printer.ts'

/*
 * What is done to a printer that stands paused behind OctoPrint. The key needs its permission Control.
 * https://docs.octoprint.org/en/1.11.8/api/printer.html
 */

interface CareTools {
  ask: (ask: { path: string; body?: object; signal: AbortSignal }) => Promise<ReadReply>
  /** @throws RejectedError unless the job last told of stands paused now. */
  checkPaused: (signal: AbortSignal) => Promise<void>
}

const permissionLimit =
  'The API key may not move or heat the printer: give "Control" to its user in OctoPrint under Settings, Access Control.'

const controlLimit =
  'Can pause, but can not switch off heaters or run G-code scripts, because the API key may not: give "Control" to ' +
  "the key's user in OctoPrint under Settings, Access Control."
const controlUnknown =
  'This OctoPrint does not tell whether the API key may switch off heaters and run G-code scripts.'

export function careForOctoprint({ ask, checkPaused }: CareTools): PausedCare {
  async function send(path: string, body: object, signal: AbortSignal): Promise<void> {
    await checkPaused(signal)
    const reply = await ask({ path, body, signal }).catch((cause: unknown) => {
      throw cause instanceof RejectedError ? new RejectedError(permissionLimit, { cause }) : cause
    })
    if (reply.status === 204) return
    const words = Buffer.from(reply.bytes).toString('utf8').replace(/\s+/g, ' ').slice(0, 200)
    if (reply.status === 404 || reply.status === 409) throw new RejectedError(`OctoPrint refuses: ${words}`)
    throw new ProtocolError(`OctoPrint answered ${reply.status} to ${path}`)
  }

  async function toolNames(signal: AbortSignal): Promise<string[]> {
    const { bytes } = await ask({ path: 'api/printer/tool', signal })
    const names = readNames(bytes).filter((name) => /^tool\d+$/.test(name))
    return names.length > 0 ? names : ['tool0']
  }

  async function findMissing(macros: readonly string[], signal: AbortSignal): Promise<string[]> {
    if (macros.length === 0) return []
    const reply = await ask({ path: 'api/settings', signal }).catch((cause: unknown) => {
      if (cause instanceof RejectedError) return undefined
      throw cause
    })
    const known = reply && readScripts(reply.bytes)
    if (!known) {
      return [
        `Whether OctoPrint has ${listOf(macros)} can not be looked up with this API key: see its Settings, GCODE ` +
          'Scripts, and try it once.',
      ]
    }
    return macros
      .filter((name) => !known.includes(name))
      .map((name) => `Can pause, but can not run ${name}, for OctoPrint has no G-code script of this name.`)
  }

  return {
    findLimits: async (macros, signal) => {
      const { bytes } = await ask({ path: 'api/login', body: { passive: true }, signal })
      const roles = readRoles(bytes)
      if (roles?.includes('control') === false) return [controlLimit]
      const unknown = roles === undefined ? [controlUnknown] : []
      return [...unknown, ...(await findMissing(macros, signal))]
    },
    switchOff: async (heater, signal) => {
      if (heater === 'bed') return send('api/printer/bed', { command: 'target', target: 0 }, signal)
      const targets = Object.fromEntries((await toolNames(signal)).map((name) => [name, 0]))
      return send('api/printer/tool', { command: 'target', targets }, signal)
    },
    // OctoPrint answers when it has taken a script on, and tells nothing of its end.
    runMacro: (name, signal) => send('api/printer/command', { script: name }, signal),
  }
}

function listOf(macros: readonly string[]): string {
  return `the G-code ${macros.length === 1 ? 'script' : 'scripts'} ${macros.join(' and ')}`
}

/** What the key may do, by OctoPrint's own words; undefined where it does not tell. */
function readRoles(bytes: Uint8Array): string[] | undefined {
  return parseJson(bytes, z.object({ needs: z.object({ role: z.array(z.string()) }) }))?.needs.role
}

/** Names of the G-code scripts; undefined where they are not told. https://docs.octoprint.org/en/1.11.8/api/settings.html */
function readScripts(bytes: Uint8Array): string[] | undefined {
  const Settings = z.object({ scripts: z.object({ gcode: z.record(z.string(), z.unknown()) }) })
  const scripts = parseJson(bytes, Settings)?.scripts.gcode
  return scripts && Object.keys(scripts)
}

function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return undefined
  }
}

function readNames(bytes: Uint8Array): string[] {
  return Object.keys(parseJson(bytes, z.record(z.string(), z.unknown())) ?? {})
}
