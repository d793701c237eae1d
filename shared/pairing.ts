import { z } from 'zod'
import { Id } from './vocabulary.ts'

/** Crockford's base 32 without I, L, O, U: 8 letters are 40 bits. Dashes and case do not matter when typed. */
export const PairingCode = z
  .string()
  .max(32)
  .transform((text) => text.toUpperCase().replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/, 'eight letters and digits, as the page shows them'))

/** What a device sends to `POST /api/pairing` with the code its owner pasted. */
export const PairingRequest = z.object({
  code: PairingCode,
  deviceName: z.string().min(1).max(200),
  /** PKCS #10 request in PEM for a key pair made on the device (EC P-256). Its subject is ignored. */
  certificateRequest: z.string().max(8192),
})
export type PairingRequest = z.infer<typeof PairingRequest>

/** What the cloud answers: the device's identity and whom it may believe. */
export const PairingReply = z.object({
  deviceId: Id,
  /** The device's certificate; its common name is the device id. PEM. */
  certificate: z.string(),
  /** The authority that signed the broker's certificate, to be pinned. PEM. */
  authority: z.string(),
  broker: z.object({
    url: z.url(),
    /** The fixed name in the broker's certificate, checked whatever the address. */
    serverName: z.string(),
  }),
  /** Keys that may sign commands: SPKI in PEM, by key id. */
  commandKeys: z.record(z.string(), z.string()),
  ownerName: z.string().max(200),
})
export type PairingReply = z.infer<typeof PairingReply>
