import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import webPush from 'web-push'
import { z } from 'zod'
import {
  type Authority,
  type CertificateUse,
  issuePair,
  type KeyAndCertificate,
  makeAuthority,
  readAuthority,
  splitPair,
} from './keys/certificates.ts'
import { makeVault, type Vault } from './keys/vault.ts'

/** The fixed name in the broker's certificate, whatever its address. */
export const brokerServerName = 'broker.layerwatch.internal'
/** The common name the cloud itself logs in with. */
export const cloudIdentity = 'cloud'

/** Everything secret the cloud has, each in a file of its own. PEM but where it says otherwise. */
export interface Keys {
  /** Signs the broker's and the devices' certificates; pinned by every agent. */
  authority: Authority
  broker: KeyAndCertificate
  /** The cloud's own login at the broker. */
  cloud: KeyAndCertificate
  /** Signs commands (Ed25519). `keyId`: first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
  commands: { keyId: string; privateKey: KeyObject; publicKey: string }
  sessionSecret: string
  /** Seals the secrets of people that lie in the database. */
  vault: Vault
  /** Web Push, base64url. */
  vapid: { publicKey: string; privateKey: string }
}

/**
 * Reads the keys of a folder, making those that are missing. Folder and files are the owner's alone.
 * @throws ConfigError where a file is there but is not what it should be.
 */
export async function loadOrMakeKeys(dir: string): Promise<Keys> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  chmodSync(dir, 0o700)
  const authority = await load(join(dir, 'authority.pem'), makeAuthority, readAuthority)
  return {
    authority,
    broker: await loadPair(authority, join(dir, 'broker.pem'), brokerServerName, 'server'),
    cloud: await loadPair(authority, join(dir, 'cloud.pem'), cloudIdentity, 'client'),
    commands: await load(join(dir, 'commands.pem'), makeCommandKey, readCommandKey),
    sessionSecret: await load(
      join(dir, 'session-secret'),
      () => randomBytes(32).toString('base64url'),
      (text) => z.string().min(32).parse(text.trim()),
    ),
    vault: await load(
      join(dir, 'vault-key'),
      () => randomBytes(32).toString('base64url'),
      (text) => makeVault(Buffer.from(z.string().length(43).parse(text.trim()), 'base64url')),
    ),
    vapid: await load(
      join(dir, 'web-push.json'),
      () => JSON.stringify(webPush.generateVAPIDKeys()),
      (text) => z.object({ publicKey: z.string(), privateKey: z.string() }).parse(JSON.parse(text)),
    ),
  }
}

async function load<T>(
  file: string,
  make: () => string | Promise<string>,
  read: (text: string) => T | Promise<T>,
): Promise<T> {
  if (!existsSync(file)) writeWhole(file, await make())
  chmodSync(file, 0o600)
  try {
    return await read(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ConfigError('A key cannot be read', {
      cause,
      problems: [`${file}: is not what it should be; restore it from a backup`],
    })
  }
}

/** A file that is there is complete, whenever the process is killed. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}

/** The broker's and the cloud's own pair; made anew when its end comes near, for nobody pins it. */
async function loadPair(
  authority: Authority,
  file: string,
  name: string,
  use: CertificateUse,
): Promise<KeyAndCertificate> {
  const make = () => issuePair(authority, name, use)
  const pair = await load(file, make, splitPair)
  const monthMs = 30 * 24 * 60 * 60 * 1000
  if (Date.parse(new X509Certificate(pair.certificate).validTo) - Date.now() > monthMs) return pair
  writeWhole(file, await make())
  return await load(file, make, splitPair)
}

function makeCommandKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function readCommandKey(pem: string): Keys['commands'] {
  const privateKey = createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  const digest = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }))
  return {
    keyId: digest.digest('hex').slice(0, 16),
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
