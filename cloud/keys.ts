import type { KeyObject, webcrypto } from 'node:crypto'
import type { X509Certificate } from '@peculiar/x509'

/** The fixed name in the broker's certificate, whatever its address. */
export const brokerServerName = 'broker.layerwatch.internal'

/** Everything secret the cloud has, each in a file of its own. All in PEM but what says otherwise. */
export interface Keys {
  /** Signs the broker's and the devices' certificates; pinned by every agent. */
  authority: { certificate: string; x509: X509Certificate; signingKey: webcrypto.CryptoKey }
  broker: { certificate: string; privateKey: string }
  /** The cloud's own login at the broker; its common name is `cloud`. */
  cloud: { certificate: string; privateKey: string }
  /** Signs commands (Ed25519). `keyId`: first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
  commands: { keyId: string; privateKey: KeyObject; publicKey: string }
  sessionSecret: string
  /** Web Push, base64url. */
  vapid: { publicKey: string; privateKey: string }
}
