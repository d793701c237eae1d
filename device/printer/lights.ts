import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { LightConfig } from '../watch/light-config.ts'
import type { PrinterConfig } from './config.ts'
import { openMoonrakerLight } from './moonraker-light.ts'
import type { Light, Printer } from './printer.ts'

/**
 * Opens the light that the configuration names, switching nothing.
 * @throws ConfigError where the printer has none of that kind.
 */
export function openLight(
  config: LightConfig,
  parts: { config: PrinterConfig; printer: Pick<Printer, 'light'>; pin: Light | undefined },
): Light {
  const light = findLight(config, parts)
  if (light === undefined) throw new ConfigError(`there is no light of kind ${config.kind}`)
  return light
}

function findLight(
  config: LightConfig,
  parts: { config: PrinterConfig; printer: Pick<Printer, 'light'>; pin: Light | undefined },
): Light | undefined {
  switch (config.kind) {
    case 'printer':
      return parts.printer.light
    case 'gpio':
      return parts.pin
    case 'moonraker':
      return parts.config.kind === 'moonraker' ? openMoonrakerLight(parts.config, config.device) : undefined
  }
}
