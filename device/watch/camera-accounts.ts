import type { CameraReport } from '@layerwatch/shared/status.ts'
import { type Eyes, look, openEyes } from '../assess/blindness.ts'
import type { Change } from '../assess/prints.ts'
import type { CameraLook, Observation } from './watch.ts'

/*
 * How each of a printer's cameras does: whether it sees, and how far its pictures lie apart. Where none sees, nobody
 * watches the printer, which is said of the printer; where one of several is blind, that is said of this camera.
 */

export interface CameraAccount {
  readonly eyes: Eyes
  /** When its newest picture was taken, and the time between each of its last ones and the one before. */
  readonly capturedAtMs?: number
  readonly intervalsMs: readonly number[]
}

export type CameraAccounts = Readonly<Record<string, CameraAccount>>

/** Name of a printer's only camera. */
const onlyCamera = 'camera'
/** Intervals whose median is told. */
const keptIntervals = 9

/** Takes a round into account; what is to be said of single cameras is said while another one sees. */
export function noticeCameras(
  before: CameraAccounts,
  seen: Observation,
  nowMs: number,
): [CameraAccounts, Change[]] {
  const accounts: Record<string, CameraAccount> = { ...before }
  const changes: Change[] = []
  const round = seen.round ?? [lookOf(onlyCamera, seen)]
  for (const one of round) {
    const account = measure(accounts[one.camera] ?? { eyes: openEyes(nowMs), intervalsMs: [] }, one)
    const isOfDetector = one.kind === 'unseen' && one.reason === 'detector-failed'
    if (seen.kind !== 'seen' || isOfDetector) {
      accounts[one.camera] = account
      continue
    }
    const [eyes, said] = look(account.eyes, one, nowMs)
    accounts[one.camera] = { ...account, eyes }
    if (seen.round) changes.push(...said.flatMap((change) => sayOf(one.camera, change)))
  }
  return [accounts, changes]
}

/** One camera's look as a round has it. */
export function lookOf(camera: string, seen: Observation): CameraLook {
  const { capturedAtMs } = seen.frame ?? {}
  const when = capturedAtMs === undefined ? {} : { capturedAtMs }
  if (seen.kind === 'seen') return { camera, kind: 'seen', ...when }
  return { camera, kind: 'unseen', reason: seen.reason, detail: seen.detail, ...when }
}

function measure(account: CameraAccount, { capturedAtMs }: CameraLook): CameraAccount {
  const before = account.capturedAtMs
  if (capturedAtMs === undefined || before === capturedAtMs) return account
  if (before === undefined) return { ...account, capturedAtMs }
  const intervalsMs = [...account.intervalsMs, capturedAtMs - before].slice(-keptIntervals)
  return { ...account, capturedAtMs, intervalsMs }
}

function sayOf(camera: string, change: Change): Change[] {
  if (change.type === 'camera.lost') return [{ type: 'view.lost', data: { camera, ...change.data } }]
  if (change.type === 'camera.restored') return [{ type: 'view.restored', data: { camera, ...change.data } }]
  return []
}

/** The cameras as they are now, for the status. */
export function describeCameras(accounts: CameraAccounts): CameraReport[] {
  return Object.entries(accounts).map(([name, { eyes, intervalsMs }]): CameraReport => {
    const { blind } = eyes
    const middle = intervalsMs.toSorted((a, b) => a - b)[intervalsMs.length >> 1]
    return {
      name,
      isSeeing: blind === undefined,
      ...(blind && { reason: blind.reason, ...(blind.detail && { detail: blind.detail }) }),
      ...(middle !== undefined && { intervalSeconds: Math.max(0, Math.round(middle / 10) / 100) }),
    }
  })
}
