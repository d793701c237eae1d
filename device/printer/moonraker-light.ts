import { ProtocolError, RejectedError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { MoonrakerConfig } from './config.ts'
import { askMoonraker, errorText, parseMoonraker, readResult } from './moonraker-api.ts'
import type { Light } from './printer.ts'

/** `init` while Moonraker has not reached it yet, `error` where it can't be. */
const DeviceReply = z.record(z.string(), z.enum(['on', 'off', 'init', 'error']))

/**
 * A lamp that Moonraker switches as one of its power devices, whatever it hangs on.
 * https://moonraker.readthedocs.io/en/latest/external_api/devices/
 * @param device name of its `[power NAME]` section
 * @throws ConfigError where the address or the key can't be one.
 */
export function openMoonrakerLight(config: MoonrakerConfig, device: string): Light {
  const at = parseMoonraker(config)
  const name = encodeURIComponent(device)
  const ask = async (method: 'GET' | 'POST', action: string, signal: AbortSignal) => {
    const path = `machine/device_power/device?device=${name}${action}`
    const reply = await askMoonraker(at, { method, path, signal })
    if (reply.status === 404)
      throw new RejectedError('Moonraker has no power devices: add [power] to moonraker.conf')
    if (reply.status === 400) throw new RejectedError(`Moonraker refuses: ${errorText(reply)}`)
    const state = readResult(reply, DeviceReply)[device]
    if (state === undefined) throw new ProtocolError(`Moonraker says nothing of ${device}`)
    return state
  }
  return {
    async isOn(signal) {
      const state = await ask('GET', '', signal)
      return state === 'on' || state === 'off' ? state === 'on' : undefined
    },
    async turn(to, signal) {
      const state = await ask('POST', `&action=${to}`, signal)
      if (state !== to)
        throw new RejectedError(`${device} was to be ${to}, and Moonraker says it is: ${state}`)
    },
  }
}
