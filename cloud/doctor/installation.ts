import { X509Certificate } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { z } from 'zod'
import { readSetupToken, setupTokenFile } from '../auth/sign-up.ts'
import type { CloudConfig } from '../config.ts'
import type { Keys } from '../keys.ts'
import { tryMailServer } from '../notify/email.ts'
import { makeTelegramApi } from '../notify/telegram/api.ts'
import { advise, complain, type Finding, fine, reasonOf } from './finding.ts'

/* What can be said of the configuration, the machine and the services it names, without the database. */

const askWithinMs = 10_000
const dayMs = 24 * 3600_000
const gigabyte = 1e9

/** Room for pictures and the database. */
export async function checkDisk({ dataDir }: CloudConfig): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  const words = `${(free / gigabyte).toFixed(1)} GB free for ${dataDir}`
  const mend = 'make room, or move dataDir to a larger disk'
  if (free < 0.2 * gigabyte) return complain('disk', words, mend)
  return free < 2 * gigabyte ? advise('disk', words, mend) : fine('disk', words)
}

/** How people reach the page. */
export function checkAddress({ baseUrl, host, port }: CloudConfig): Finding {
  const url = new URL(baseUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const isLoopback = /^(localhost|127\..*|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:') return fine('address', `people open ${url.origin}`)
  if (isLoopback) {
    return advise(
      'address',
      `only this machine opens ${url.origin}`,
      'for phones: a proxy with a certificate in front, and its address as baseUrl',
    )
  }
  return advise(
    'address',
    `people open ${url.origin} without encryption: browsers give no push notifications there, and passwords cross the network as they are`,
    'a proxy with a certificate in front, and its https address as baseUrl',
  )
}

/** Who may make themselves an account. */
export function checkSignUp({ signUp, dataDir }: CloudConfig): Finding {
  if (signUp === 'open') {
    return advise('sign-up', 'anybody who reaches the page may make an account', 'signUp: token or closed')
  }
  if (signUp === 'token' && readSetupToken(dataDir) !== undefined) {
    return advise(
      'sign-up',
      'nobody has signed up yet',
      `open the page and use the set-up token in ${setupTokenFile(dataDir)}`,
    )
  }
  return fine('sign-up', 'no stranger can make an account')
}

export async function checkMail({ smtp }: CloudConfig): Promise<Finding> {
  if (!smtp) {
    const words = 'no mail server: nobody is told by e-mail'
    return advise('mail', words, 'smtp in cloud.yaml')
  }
  try {
    await tryMailServer(smtp)
    return fine('mail', `${smtp.host} takes our login`)
  } catch (error) {
    return complain(
      'mail',
      `${smtp.host}:${smtp.port}: ${reasonOf(error)}`,
      'host, port, security, user and password of smtp',
    )
  }
}

/** https://core.telegram.org/bots/api#user */
const Bot = z.object({ username: z.string() })

export async function checkTelegram({ telegram }: CloudConfig): Promise<Finding | undefined> {
  if (!telegram) return undefined
  try {
    const signal = AbortSignal.timeout(askWithinMs)
    const bot = Bot.parse(await makeTelegramApi(telegram)({ method: 'getMe', signal }))
    return fine('telegram', `the bot is @${bot.username}`)
  } catch (error) {
    return complain(
      'telegram',
      reasonOf(error),
      'telegram.botToken as @BotFather gave it, and a way out to Telegram',
    )
  }
}

/** The authority every device trusts; nothing renews it. */
export function checkAuthority(keys: Keys, now: Date): Finding {
  const ends = new Date(new X509Certificate(keys.authority.certificate).validTo)
  const words = `the authority devices trust is good until ${ends.toISOString().slice(0, 10)}`
  if (ends.getTime() - now.getTime() > 365 * dayMs) return fine('authority', words)
  return complain('authority', words, 'set up a new data folder and pair the devices again before then')
}

/** Whether a cloud runs on this configuration, and whether it can work. */
export async function checkProcess({ host, port }: CloudConfig): Promise<Finding> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/readyz`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(askWithinMs) })
    if (answer.ok) return fine('process', `the cloud answers on port ${port} and can work`)
    return complain('process', `the cloud answers on port ${port}: ${await answer.text()}`, 'see its log')
  } catch {
    return advise('process', `no cloud answers on port ${port}`, 'start it, or name its port with --port')
  }
}
