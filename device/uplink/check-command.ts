import { type KeyObject, verify } from 'node:crypto'
import type { Command, CommandAction } from '@layerwatch/shared/commands.ts'
import { SignedCommand, signedText, snapshotFreshForMs } from '@layerwatch/shared/commands.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'

/** What a command is judged by: this device and this moment. */
export interface CommandCircumstances extends PrinterCircumstances {
  deviceId: string
  boot: string
  uptimeMs: number
  keys: ReadonlyMap<string, KeyObject>
  /** The broker kept it from an earlier time. */
  isRetained: boolean
}

interface PrinterCircumstances {
  printer: (printerId: string) => { printId: string | undefined; state: PrinterState | undefined } | undefined
  /** Age of a picture made here of that printer; undefined where there is none of that id. */
  snapshotAgeMs: (snapshotId: string, printerId: string) => number | undefined
}

export type CommandJudgement =
  | { kind: 'accepted'; command: Command }
  /** The cloud did issue it, and is told why it is not obeyed. */
  | { kind: 'refused'; command: Command; result: 'refused' | 'expired'; reason: string }
  /** Nobody we believe issued it for us: not a word in return. */
  | { kind: 'ignored'; reason: string }

/** Judges what came on the commands topic. Pure but for the signature's arithmetic; never throws. */
export function checkCommand(payload: Uint8Array, now: CommandCircumstances): CommandJudgement {
  if (now.isRetained) return { kind: 'ignored', reason: 'retained by the broker' }
  const signed = SignedCommand.safeParse(parseJson(payload))
  if (!signed.success) return { kind: 'ignored', reason: 'not a signed command' }
  const { command, keyId, signature } = signed.data
  const key = now.keys.get(keyId)
  if (!key) return { kind: 'ignored', reason: 'signed with an unknown key' }
  if (!isSignedBy(key, command, signature)) return { kind: 'ignored', reason: 'wrong signature' }
  if (command.deviceId !== now.deviceId) return { kind: 'ignored', reason: 'meant for another device' }
  if (command.boot !== now.boot) return refuse(command, 'expired', 'the agent was restarted since')
  if (now.uptimeMs > command.notAfterUptimeMs) return refuse(command, 'expired', 'it came too late')
  const reason = whyNot(command, now)
  return reason === undefined ? { kind: 'accepted', command } : refuse(command, 'refused', reason)
}

/** What moves no printer, and holds whether or not anything is printed. */
const stillActions: readonly CommandAction[] = ['snapshot', 'live', 'mark', 'untune']

/** Why a command of ours must not be obeyed as things are now; undefined where it may. */
export function whyNot(command: Command, now: PrinterCircumstances): string | undefined {
  const printer = now.printer(command.printerId)
  if (!printer) return 'no such printer here'
  if (stillActions.includes(command.action)) return undefined
  if (printer.printId === undefined) return 'nothing is being printed'
  if (command.printId !== printer.printId) return 'meant for another print'
  return command.action === 'resume' ? whyNotResume(command, now, printer.state) : undefined
}

function whyNotResume(
  { snapshotId, printerId }: Command,
  now: PrinterCircumstances,
  state: PrinterState | undefined,
): string | undefined {
  if (state !== 'paused') return 'the print is not paused'
  if (snapshotId === undefined) return 'a resume names the picture that was seen'
  const ageMs = now.snapshotAgeMs(snapshotId, printerId)
  if (ageMs === undefined) return 'the picture that was seen is not from here'
  return ageMs > snapshotFreshForMs ? 'the picture that was seen is too old' : undefined
}

function refuse(command: Command, result: 'refused' | 'expired', reason: string): CommandJudgement {
  return { kind: 'refused', command, result, reason }
}

function isSignedBy(key: KeyObject, command: Command, signature: string): boolean {
  try {
    return verify(null, Buffer.from(signedText(command)), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
