import type { Logger } from 'pino'
import { type Assessment, assess, startAssessment } from '../assess/assess.ts'
import type { Decision } from '../assess/decide.ts'
import type { PrintTime } from '../assess/print-time.ts'
import type { Camera } from '../camera/camera.ts'
import type { CameraConfig } from '../camera/config.ts'
import { judgeQuality, unknownQuality } from '../camera/quality.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { Detector } from '../detector/detector.ts'
import { joinRound, placeSights } from '../sights.ts'
import { openEye } from '../watch.ts'
import { type KnownCamera, openKnownCamera } from './known-camera.ts'
import type { KnownPrint } from './known-print.ts'

/** What the agent made of the known print through one camera's path. */
export interface KnownPrintFindings {
  readonly pictures: number
  /** Where its pictures enter the path; see `openKnownCamera`. */
  readonly entersAt: KnownCamera['entersAt']
  /** Highest probability of failure among its pictures before and after it began to fail, 0..1. */
  readonly goodScore: number
  readonly failingScore: number
  /** Seconds of the failing print until it was suspected and confirmed; undefined where it never was. */
  readonly suspectedAfterSeconds?: number
  readonly confirmedAfterSeconds?: number
  readonly decision?: Decision | undefined
  /** Why a picture was not judged, where one was not. */
  readonly unseen?: string
}

/** The clock is that of the print. */
const printTime: PrintTime = { beganMs: 0, seconds: 0, atMs: 0, rate: 1 }

interface Path {
  readonly camera: CameraConfig
  readonly policy: WatchedPrinterConfig['policy']
  readonly detector: Detector
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * Has a configured camera see the known print, and lets it go the way of every picture: fetched, turned and cropped
 * as configured, through the quality gate and the detector to the decision. Ends where it is confirmed. The
 * print's own time passes, not the clock's.
 */
export async function decideKnownPrint(print: KnownPrint, path: Path): Promise<KnownPrintFindings> {
  const known = await openKnownCamera(path.camera, path.log)
  try {
    return await watchKnownPrint(print, known, path)
  } finally {
    await known.close()
  }
}

async function watchKnownPrint(
  print: KnownPrint,
  known: KnownCamera,
  { policy, detector, signal }: Path,
): Promise<KnownPrintFindings> {
  let nowMs = 0
  let shown: Uint8Array = new Uint8Array()
  const camera: Camera = {
    description: 'known print',
    capture: async (limit) => ({ ...(await known.see(shown, limit)), capturedAtMs: nowMs }),
    close: async () => {},
  }
  const clock = { nowMs: () => nowMs, sleep: async () => {} }
  const quality = { start: unknownQuality, judge: judgeQuality }
  const look = openEye({ camera, detector, clock, quality })
  let state: Assessment = startAssessment(detector)
  let findings: KnownPrintFindings = {
    pictures: 0,
    entersAt: known.entersAt,
    goodScore: 0,
    failingScore: 0,
  }
  for (let index = 0; ; index++) {
    const picture = await print.picture(index)
    if (!picture || signal.aborted) return findings
    const { atSeconds, layer } = picture
    nowMs = atSeconds * 1000
    shown = picture.jpeg
    const seen = await look(signal)
    const joined = joinRound(placeSights(seen, printTime))
    if (seen.kind === 'unseen') findings = { ...findings, unseen: seen.detail || seen.reason }
    const [next, { decision }] = assess(state, { layer, atSeconds, ...joined }, policy)
    state = next
    const failingSeconds = atSeconds - print.failsAtSeconds
    findings = note(findings, { score: joined?.sight.score ?? 0, decision, failingSeconds })
    if (decision?.verdict === 'fail') return findings
  }
}

function note(
  findings: KnownPrintFindings,
  seen: { score: number; decision: Decision | undefined; failingSeconds: number },
): KnownPrintFindings {
  const { score, decision, failingSeconds } = seen
  const isGood = failingSeconds < 0
  const isSuspected = decision !== undefined && decision.verdict !== 'ok'
  const suspectedAfterSeconds = findings.suspectedAfterSeconds ?? (isSuspected ? failingSeconds : undefined)
  return {
    ...findings,
    pictures: findings.pictures + 1,
    decision: decision ?? findings.decision,
    goodScore: isGood ? Math.max(findings.goodScore, score) : findings.goodScore,
    failingScore: isGood ? findings.failingScore : Math.max(findings.failingScore, score),
    ...(suspectedAfterSeconds === undefined ? {} : { suspectedAfterSeconds }),
    ...(decision?.verdict === 'fail' ? { confirmedAfterSeconds: failingSeconds } : {}),
  }
}
