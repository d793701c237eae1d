import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import type { CloudConfig } from '../config.ts'
import { checkClock, checkDevices, checkNotifications } from '../doctor/database.ts'
import { complain, type Finding, reasonOf } from '../doctor/finding.ts'
import {
  checkAddress,
  checkAuthority,
  checkDisk,
  checkMail,
  checkProcess,
  checkSignUp,
  checkTelegram,
} from '../doctor/installation.ts'
import { openForCommand } from './open.ts'

const marks = { fine: '✓', advice: '!', trouble: '✗' } as const

/** `doctor`: what is misconfigured or does not work, and how to mend it. Returns whether there is any trouble. */
export async function examineCloud(
  config: CloudConfig,
  { log, isJson }: { log: Logger; isJson: boolean },
): Promise<boolean> {
  const findings: Finding[] = []
  const note = (finding: Finding | undefined) => {
    if (!finding) return
    findings.push(finding)
    if (!isJson) process.stdout.write(`${describe(finding)}\n`)
  }
  note(checkAddress(config))
  note(checkSignUp(config))
  note(await checkProcess(config))
  note(await checkMail(config))
  note(await checkTelegram(config))
  for (const finding of await examineData(config, log)) note(finding)
  if (isJson) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`)
  return findings.some(({ level }) => level === 'trouble')
}

/** What needs the data folder and the database; the embedded one is started where no cloud runs. */
async function examineData(config: CloudConfig, log: Logger): Promise<Finding[]> {
  const { dataDir, databaseUrl } = config
  if (!existsSync(dataDir) || !(databaseUrl || existsSync(path.join(dataDir, 'database')))) {
    return [
      complain('data', `no cloud was ever started on ${dataDir}`, 'start it, or name its folder with --data'),
    ]
  }
  const now = new Date()
  try {
    const { db, keys, close } = await openForCommand(config, log)
    try {
      return [
        await checkDisk(config),
        checkAuthority(keys, now),
        await checkClock(db),
        ...(await checkNotifications(db, now)),
        ...(await checkDevices(db, now)),
      ]
    } finally {
      await close()
    }
  } catch (error) {
    return [complain('database', reasonOf(error), 'see databaseUrl, or the database.log of the data folder')]
  }
}

function describe({ check, level, words, mend }: Finding): string {
  return `${marks[level]} ${check}: ${words}${mend ? `\n    ${mend}` : ''}`
}
