import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudConfig } from '../config.ts'

/** The header that carries the set-up token. */
export const setupTokenHeader = 'x-setup-token'

export type SignUpRefusal = 'closed' | 'has-owner' | 'wrong-token'

/** Whether somebody may sign up now; undefined where they may. Pure. */
export function refuseSignUp(asked: {
  signUp: CloudConfig['signUp']
  hasOwner: boolean
  setupToken: string | undefined
  givenToken: string | undefined
}): SignUpRefusal | undefined {
  const { signUp, hasOwner, setupToken, givenToken } = asked
  if (signUp === 'closed') return 'closed'
  if (signUp === 'open') return undefined
  if (hasOwner) return 'has-owner'
  if (!setupToken || !givenToken || !isSame(setupToken, givenToken)) return 'wrong-token'
  return undefined
}

/** Takes the same time wherever two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Where the set-up token lies until the first owner signed up. */
export function setupTokenFile(dataDir: string): string {
  return join(dataDir, 'setup-token')
}

/** The token the first owner signs up with, made at the first start; for the owner of the folder alone. */
export function readOrMakeSetupToken(dataDir: string): string {
  const file = setupTokenFile(dataDir)
  if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString('hex'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

/** The token while it holds; undefined once the first owner signed up. */
export function readSetupToken(dataDir: string): string | undefined {
  const file = setupTokenFile(dataDir)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** Its only use is over. */
export function forgetSetupToken(dataDir: string): void {
  rmSync(setupTokenFile(dataDir), { force: true })
}
