import type { Logger } from 'pino'
import { actionFor, moveOf } from '../assess/policy.ts'
import type { CameraConfig } from '../camera/config.ts'
import { openCamera } from '../camera/open.ts'
import { within } from '../clock.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { Detector } from '../detector/detector.ts'
import { decideKnownPrint, type KnownPrintFindings } from './decision.ts'
import type { KnownPrint } from './known-print.ts'
import { tryPause } from './pause.ts'

/** What one step of a self-test proves. */
export type StepName = 'detector' | 'camera' | 'decision' | 'pause' | 'notification'

/** What became of one step; `skipped` proves nothing, and `unproven` should have been proven and could not be. */
export interface Step {
  readonly step: StepName
  readonly result: 'passed' | 'failed' | 'skipped' | 'unproven'
  /** In a person's words; what to do about it where it did not pass. */
  readonly detail: string
  readonly ms: number
  readonly printer?: string
  readonly camera?: string
  readonly findings?: KnownPrintFindings
}
export type Outcome = Pick<Step, 'result' | 'detail' | 'findings'>
export type About = Pick<Step, 'step' | 'printer' | 'camera'>

/** Told of each step as it begins and as it ends. */
export interface Listener {
  onBegin(about: About): void
  onEnd(step: Step): void
}

export interface SelftestParts {
  readonly detector: Detector
  readonly print: KnownPrint
  readonly log: Logger
  readonly mayPause: boolean
  readonly signal: AbortSignal
  readonly listener: Listener
}

const captureTimeoutMs = 15_000

/** Proves one printer's path, from its cameras to its pause. Never throws for what a printer or a camera does. */
export async function testPrinter(config: WatchedPrinterConfig, parts: SelftestParts): Promise<Step[]> {
  const { listener } = parts
  const printer = config.name
  const cameras = [config.camera, ...(config.cameras ?? [])]
  const steps: Step[] = []
  for (const [index, camera] of cameras.entries()) {
    const whose = { printer, ...(cameras.length > 1 && { camera: `camera ${index + 1}` }) }
    steps.push(await timeStep({ step: 'camera', ...whose }, listener, () => tryCamera(camera, parts)))
    steps.push(
      await timeStep({ step: 'decision', ...whose }, listener, () => tryDecision(camera, config, parts)),
    )
  }
  steps.push(await timeStep({ step: 'pause', printer }, listener, () => tryPause(config, parts)))
  return steps
}

/** What to look at where a step could not be done. */
const advice: Record<StepName, string> = {
  detector: 'npm run agent -- score tells more',
  camera:
    'is it on, and are its address, login or device right? One that only one program can open needs the running agent to be stopped',
  decision: 'npm run agent -- probe tells more of this camera',
  pause: 'is the printer on, and are its address and key right? npm run agent -- probe tells more',
  notification: 'see the log of npm run agent -- run',
}

/** Runs a step and says how long it took; whatever it throws is why it failed. */
export async function timeStep(
  about: About,
  listener: Listener,
  work: () => Promise<Outcome>,
): Promise<Step> {
  listener.onBegin(about)
  const beganMs = performance.now()
  const outcome = await work().catch(
    (error: unknown): Outcome => ({
      result: 'failed',
      detail: `${error instanceof Error ? error.message : String(error)}: ${advice[about.step]}`,
    }),
  )
  const step = { ...about, ...outcome, ms: Math.round(performance.now() - beganMs) }
  listener.onEnd(step)
  return step
}

/** A picture of the configured camera itself, judged. */
async function tryCamera(config: CameraConfig, { detector, log, signal }: SelftestParts): Promise<Outcome> {
  const camera = await openCamera(config, { log })
  try {
    const { jpeg } = await within(captureTimeoutMs, signal, (limit) => camera.capture(limit))
    const { score, figures } = await detector.judge(jpeg, AbortSignal.timeout(captureTimeoutMs))
    const looks = score >= 0.5 ? 'looks like a failing print' : 'looks fine'
    const size = `${figures.width} × ${figures.height} pixels`
    const detail = `${camera.description}: ${size}, and what it shows ${looks} (${score.toFixed(2)})`
    return { result: 'passed', detail }
  } finally {
    await camera.close()
  }
}

const entrances: Record<KnownPrintFindings['entersAt'], string> = {
  source: 'fetched by this camera’s own adapter',
  adapter: 'put behind this camera’s adapter',
}

async function tryDecision(
  camera: CameraConfig,
  { policy }: WatchedPrinterConfig,
  { detector, print, log, signal }: SelftestParts,
): Promise<Outcome> {
  if (actionFor(print.defect, policy) === 'off') {
    const detail = `the policy has ${print.defect} off, so nothing of it is decided`
    return { result: 'unproven', detail }
  }
  const findings = await decideKnownPrint(print, { camera, policy, detector, log, signal })
  return { ...describeDecision(findings), findings }
}

/** A picture of this score shows the failure plainly; all of the known print's failing pictures have 0.99 and more. */
const plainScore = 0.9

/** What the known print came to, in a person's words. */
export function describeDecision(findings: KnownPrintFindings): Outcome {
  const { decision, unseen, goodScore, failingScore, wholeScore, ignoredShare, entersAt, ...after } = findings
  const { suspectedAfterSeconds: suspected, confirmedAfterSeconds: confirmed } = after
  if (suspected !== undefined && suspected < 0) {
    const detail = `the drawn print was suspected before it failed (its good pictures score up to ${goodScore.toFixed(2)}); try another model or backend`
    return { result: 'failed', detail }
  }
  if ((confirmed === undefined || decision === undefined) && isHidden(findings)) {
    const detail = `what fails in the drawn print lies where this camera ignores its picture (${percent(ignoredShare)} of it), where nobody sees a print fail either; before that was taken out it scored ${wholeScore.toFixed(2)}`
    return { result: 'unproven', detail }
  }
  if (confirmed === undefined || decision === undefined) {
    const why = unseen
      ? `its pictures were not judged: ${unseen}; see what the camera's picture settings leave of it`
      : `its highest score was ${failingScore.toFixed(2)}; see the camera's picture settings, and try another model or backend`
    return { result: 'failed', detail: `the drawn print that fails was not found: ${why}` }
  }
  const told = `suspected after ${Math.round(suspected ?? confirmed)} s, confirmed after ${Math.round(confirmed)} s as ${decision.defect}`
  const beside =
    ignoredShare > 0 ? `, seen beside what it ignores (${percent(ignoredShare)} of its picture)` : ''
  const action = moveOf(decision) ?? 'a word to you and nothing else, as configured'
  return {
    result: 'passed',
    detail: `a drawn print that fails, ${entrances[entersAt]}${beside}: ${told}; what follows: ${action}`,
  }
}

/** Whether the failure was to be seen, and is gone with what the owner ignores. */
function isHidden({ ignoredShare, wholeScore, failingScore, unseen }: KnownPrintFindings): boolean {
  return unseen === undefined && ignoredShare > 0 && wholeScore >= plainScore && failingScore < plainScore
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(100 * share))} %`
}
