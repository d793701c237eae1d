import { ProtocolError, RejectedError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { ReadReply } from '../http.ts'
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

  return {
    switchOff: async (heater, signal) => {
      if (heater === 'bed') return send('api/printer/bed', { command: 'target', target: 0 }, signal)
      const targets = Object.fromEntries((await toolNames(signal)).map((name) => [name, 0]))
      return send('api/printer/tool', { command: 'target', targets }, signal)
    },
    // OctoPrint answers when it has taken a script on, and tells nothing of its end.
    runMacro: (name, signal) => send('api/printer/command', { script: name }, signal),
  }
}

function readNames(bytes: Uint8Array): string[] {
  try {
    return Object.keys(
      z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from(bytes).toString('utf8'))),
    )
  } catch {
    return []
  }
}
