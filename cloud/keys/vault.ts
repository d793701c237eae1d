import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'

/*
 * Secrets that lie in the database, sealed: whoever reads a dump or a disk of the database alone learns nothing of
 * them. Each has a key of its own, which lies beside it, sealed with the key of the key folder (AES-256-GCM, NIST SP
 * 800-38D); so the folder's key can be changed without touching what is sealed.
 */

const Sealed = z.object({
  sealed: z.literal(1),
  /** Which key of the folder: the first 16 hex digits of its SHA-256. */
  keyId: z.string(),
  /** The secret's own key, and the secret as JSON: nonce, tag and text, base64. */
  key: z.base64(),
  data: z.base64(),
})
export type Sealed = z.infer<typeof Sealed>

/** Seals and opens with one key. */
export interface Vault {
  /** @param about whose and what it is: it opens for the same alone. */
  seal(secret: object, about: string): Sealed
  /** @throws RejectedError where it was sealed with another key or for something else, was changed, or is no seal. */
  open(sealed: unknown, about: string): unknown
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** @param key 32 bytes of chance. */
export function makeVault(key: Buffer): Vault {
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return {
    seal: (secret, about) => {
      const own = randomBytes(32)
      const data = encrypt(own, Buffer.from(JSON.stringify(secret)), about)
      return { sealed: 1, keyId, key: encrypt(key, own, about), data }
    },
    open: (sealed, about) => {
      const { data: box } = Sealed.safeParse(sealed)
      if (box?.keyId !== keyId) throw unreadable()
      try {
        const own = decrypt(key, box.key, about)
        return JSON.parse(decrypt(own, box.data, about).toString())
      } catch (cause) {
        throw unreadable(cause)
      }
    },
  }
}

/** Whether a value is sealed, whatever it was sealed with. */
export function isSealed(value: unknown): boolean {
  return Sealed.safeParse(value).success
}

function unreadable(cause?: unknown): RejectedError {
  return new RejectedError('its secret cannot be read here; connect it again', { cause })
}

function encrypt(key: Buffer, text: Buffer, about: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(about))
  const sealed = Buffer.concat([cipher.update(text), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

function decrypt(key: Buffer, base64: string, about: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  const nonce = bytes.subarray(0, nonceBytes)
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
  const cipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(about)).setAuthTag(tag)
  return Buffer.concat([cipher.update(bytes.subarray(nonceBytes + tagBytes)), cipher.final()])
}
