import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { PairingReply } from '@layerwatch/shared/pairing.ts'

/** Who this device is to its cloud, and whom it believes. */
export interface Identity {
  deviceId: string
  /** PEM: the device's own key, its certificate, and the pinned authority. */
  privateKey: string
  certificate: string
  authority: string
  broker: PairingReply['broker']
  /** Keys that may sign commands, by key id. */
  commandKeys: ReadonlyMap<string, KeyObject>
  ownerName: string
}

export function identityFiles(dataDir: string): { folder: string; reply: string; key: string } {
  const folder = join(dataDir, 'identity')
  return { folder, reply: join(folder, 'pairing.json'), key: join(folder, 'device.key') }
}

/**
 * Reads what pairing left; undefined where the device is not paired.
 * @throws ConfigError where the files are there but broken.
 */
export async function loadIdentity(dataDir: string): Promise<Identity | undefined> {
  const files = identityFiles(dataDir)
  const text = await readIfThere(files.reply)
  if (text === undefined) return undefined
  try {
    const reply = PairingReply.parse(JSON.parse(text))
    const privateKey = await readFile(files.key, 'utf8')
    return toIdentity(reply, privateKey)
  } catch (cause) {
    throw new ConfigError(`the identity in ${files.folder} can't be read`, {
      cause,
      problems: [`${files.folder}: broken; move it away and pair this device again`],
    })
  }
}

export function toIdentity(reply: PairingReply, privateKey: string): Identity {
  const keys = Object.entries(reply.commandKeys).map(([id, pem]) => [id, createPublicKey(pem)] as const)
  return { ...reply, privateKey, commandKeys: new Map(keys) }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new ConfigError(`${file} can't be read`, { cause: error, problems: [`${file}: can't be read`] })
  }
}
