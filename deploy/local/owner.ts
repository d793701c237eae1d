import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PairingView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import type { Account } from './cloud-client.ts'
import { openCloudClient, signIn } from './cloud-client.ts'

const SavedAccount = z.object({ email: z.string(), password: z.string() })

/** Without letters that look alike. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'

export interface OwnerOptions {
  url: string
  dataDir: string
  /** Where the set-up token lies; undefined once there is an owner. */
  setupTokenFile: string | undefined
}

/**
 * The account made at the first start, by the same door a person uses: the set-up token. Undefined where
 * somebody else is the owner and no password is kept here.
 */
export async function ensureOwner(options: OwnerOptions): Promise<Account | undefined> {
  const { url, dataDir, setupTokenFile } = options
  const file = path.join(dataDir, 'account.json')
  const saved = existsSync(file) ? SavedAccount.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  if (!setupTokenFile) return saved
  const account = { email: 'owner@layerwatch.home', password: makePassword() }
  // Kept before it is used: an account without its password would lock its owner out.
  writeFileSync(file, JSON.stringify(account, null, 2), { mode: 0o600 })
  const token = readFileSync(setupTokenFile, 'utf8').trim()
  await openCloudClient(url).post(
    '/api/auth/sign-up/email',
    { name: 'Owner', ...account },
    { 'x-setup-token': token },
  )
  return account
}

/** Signs in and gets a code for pairing one device. */
export async function makePairingCode(url: string, account: Account): Promise<string> {
  const client = await signIn(url, account)
  const { code } = PairingView.parse(await client.post('/api/pairings'))
  if (!code) throw new Error('The cloud made no pairing code.')
  return code
}

function makePassword(): string {
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}
