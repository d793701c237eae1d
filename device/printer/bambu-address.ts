import { z } from 'zod'

/* How a Bambu Lab printer and its camera are found and trusted; the words of the configuration. */

export const Host = z
  .string()
  .regex(/^[\w.:-]{1,253}$/)
  .describe('Name or IP address of the printer')
export const AccessCode = z
  .string()
  .regex(/^[\x21-\x7e]{1,32}$/)
  .describe('Access code from its screen, Settings, Network; also accessCodeFile, accessCodeEnv')
export const Fingerprint = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}$/, { error: 'is no fingerprint: 32 bytes as AB:CD:…' })
  .optional()
  .describe("SHA-256 of the certificate, as probe tells it; without it the printer's identity is not trusted")
