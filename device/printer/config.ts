import { z } from 'zod'
import { AccessCode, Fingerprint, Host } from './bambu-address.ts'

/*
 * How a printer is named in the agent's configuration, a schema for each kind. Secrets as in `device/config.ts`.
 */

const HttpUrl = z.url({ protocol: /^https?$/ })

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
    .optional()
    .describe(
      "Key from OctoPrint's settings, or none: pair-printer asks for one; also apiKeyFile, apiKeyEnv",
    ),
})
export const MoonrakerConfig = z.strictObject({
  kind: z.literal('moonraker'),
  url: HttpUrl.describe('Address of Moonraker, such as http://mainsail.local or http://192.168.1.40:7125'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Moonraker's API key, where it does not trust this machine's address; also apiKeyFile, apiKeyEnv",
    ),
})
export const PrusaLinkConfig = z
  .strictObject({
    kind: z.literal('prusalink'),
    url: HttpUrl.describe('Address of the printer, such as http://192.168.1.50'),
    username: z.string().min(1).default('maker').describe("Name for PrusaLink's login"),
    password: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Password from the printer's screen under Settings, Network, PrusaLink; also passwordFile, passwordEnv",
      ),
    apiKey: z
      .string()
      .min(1)
      .optional()
      .describe('API key in place of the password, where PrusaLink shows one; also apiKeyFile, apiKeyEnv'),
  })
  .refine((config) => config.password !== undefined || config.apiKey !== undefined, {
    path: ['password'],
    error: 'needs password or apiKey',
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
  MoonrakerConfig,
  PrusaLinkConfig,
  BambuPrinterConfig,
  NoLinkConfig,
])

export type SimulatedPrinterConfig = z.infer<typeof SimulatedPrinterConfig>
export type OctoPrintConfig = z.infer<typeof OctoPrintConfig>
export type MoonrakerConfig = z.infer<typeof MoonrakerConfig>
export type PrusaLinkConfig = z.infer<typeof PrusaLinkConfig>
export type BambuPrinterConfig = z.infer<typeof BambuPrinterConfig>
export type PrinterConfig = z.infer<typeof PrinterConfig>
