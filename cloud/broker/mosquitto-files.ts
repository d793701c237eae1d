import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accessList } from '../broker-rights.ts'
import { makeRevocationList } from '../keys/certificates.ts'
import type { Keys } from '../keys.ts'

const template = fileURLToPath(new URL('../../deploy/mosquitto/mosquitto.conf', import.meta.url))

/**
 * Writes everything Mosquitto needs into a folder: mosquitto.conf, acl, the authority, the broker's pair and
 * the list of revoked certificates. `owner` is the user Mosquitto runs as, where root writes for it.
 */
export async function writeMosquittoFiles(
  dir: string,
  options: { keys: Keys; revokedSerials: readonly string[]; owner?: { uid: number; gid: number } },
): Promise<void> {
  const { keys, revokedSerials, owner } = options
  const folder = resolve(dir)
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  const configuration = readFileSync(template, 'utf8').replaceAll('/etc/layerwatch/mosquitto', folder)
  const files: [name: string, text: string, mode: number][] = [
    ['mosquitto.conf', configuration, 0o644],
    ['acl', accessList(), 0o600],
    ['authority.crt', keys.authority.certificate, 0o644],
    ['broker.crt', keys.broker.certificate, 0o644],
    ['broker.key', keys.broker.privateKey, 0o600],
    ['revoked.crl', await makeRevocationList(keys.authority, revokedSerials), 0o644],
  ]
  for (const [name, text, mode] of files) {
    const file = join(folder, name)
    writeFileSync(file, text, { mode })
    chmodSync(file, mode)
    if (owner) chownSync(file, owner.uid, owner.gid)
  }
}

/** The user of Mosquitto's package, whose its files have to be where root writes them. */
export function findMosquittoUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'mosquitto'], { encoding: 'utf8', stdio: 'pipe', timeout: 5_000 }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}
