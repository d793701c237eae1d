import { maskedShare } from '@layerwatch/shared/mask.ts'
import type { Logger } from 'pino'
import { type Assessment, assess, startAssessment } from '../assess/assess.ts'
import type { Decision } from '../assess/decide.ts'
import type { PrintTime } from '../assess/print-time.ts'
import type { Camera } from '../camera/camera.ts'
import { type CameraConfig, maskOfAreas } from '../camera/config.ts'
import { judgeQuality, unknownQuality } from '../camera/quality.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { Detector } from '../detector/detector.ts'
import { joinRound, placeSights } from '../watch/sights.ts'
import { openEye } from '../watch/watch.ts'
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
  /** The same after it began to fail with nothing ignored, and how much of the picture is ignored, 0..1. */
  readonly wholeScore: number
  readonly ignoredShare: number
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
 * as configured, through the quality gate and the detector to the decision, less what the owner ignores. Ends where it is confirmed. The
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
  { camera: configured, policy, detector, signal }: Path,
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
  // What the printer learned to ignore is the running agent's own affair.
  const mask = maskOfAreas(configured.ignore ?? [])
  let state: Assessment = startAssessment(detector)
  let findings: KnownPrintFindings = {
    pictures: 0,
    entersAt: known.entersAt,
    goodScore: 0,
    failingScore: 0,
    wholeScore: 0,
    ignoredShare: maskedShare(mask),
  }
  for (let index = 0; ; index++) {
    const picture = await print.picture(index)
    if (!picture || signal.aborted) return findings
    const { atSeconds, layer } = picture
    nowMs = atSeconds * 1000
    shown = picture.jpeg
    const seen = await look(signal)
    const joined = joinRound(placeSights(seen, printTime, () => ({ mask })))
    if (seen.kind === 'unseen') findings = { ...findings, unseen: seen.detail || seen.reason }
    const [next, { decision }] = assess(state, { layer, atSeconds, ...joined }, policy)
    state = next
    const failingSeconds = atSeconds - print.failsAtSeconds
    const wholeScore = seen.kind === 'seen' ? seen.judgement.score : 0
    findings = note(findings, { score: joined?.sight.score ?? 0, wholeScore, decision, failingSeconds })
    if (decision?.verdict === 'fail') return findings
  }
}

function note(
  findings: KnownPrintFindings,
  seen: { score: number; wholeScore: number; decision: Decision | undefined; failingSeconds: number },
): KnownPrintFindings {
  const { score, wholeScore, decision, failingSeconds } = seen
  const isGood = failingSeconds < 0
  const isSuspected = decision !== undefined && decision.verdict !== 'ok'
  const suspectedAfterSeconds = findings.suspectedAfterSeconds ?? (isSuspected ? failingSeconds : undefined)
  return {
    ...findings,
    pictures: findings.pictures + 1,
    decision: decision ?? findings.decision,
    goodScore: isGood ? Math.max(findings.goodScore, score) : findings.goodScore,
    failingScore: isGood ? findings.failingScore : Math.max(findings.failingScore, score),
    wholeScore: isGood ? findings.wholeScore : Math.max(findings.wholeScore, wholeScore),
    ...(suspectedAfterSeconds === undefined ? {} : { suspectedAfterSeconds }),
    ...(decision?.verdict === 'fail' ? { confirmedAfterSeconds: failingSeconds } : {}),
  }
}
