import { join } from 'node:path'
import type { Command } from 'commander'
import pino from 'pino'
import type { AgentConfig } from '../config.ts'
import { loadConfig } from '../config.ts'
import { openDetector, shippedModelDir } from '../detector/open.ts'
import type { Told } from '../selftest/answer.ts'
import { openKnownPrint } from '../selftest/known-print.ts'
import { openTeller } from '../selftest/notification.ts'
import { type About, type Listener, type Step, testPrinter, timeStep } from '../selftest/selftest.ts'

/** What the exit code says; the worst of all steps. */
const exitCodes = { fine: 0, failed: 1, unproven: 3 } as const

interface SelftestOptions {
  config: string
  pause?: true
  json?: true
}

/** `selftest`: proves the path on the spot, from a picture of a failing print to the pause and the phone. */
export function addSelftestCommand(program: Command): void {
  program
    .command('selftest')
    .description(
      'prove the path: a known failing print, the decision, the pause if you say so, the notification',
    )
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--pause', 'pause what is being printed, to prove that it can be')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Each camera gives a picture, which is judged. Then a drawn print that fails takes the place of what the camera shows:
an HTTP camera's own adapter fetches it from this machine, any other camera has it put behind its adapter. It is
turned and cropped, passes the quality gate and the detector, and is decided on with your policy. Nothing is paused
without --pause, and nothing is resumed. Where the device is paired, the result is told on the phone as a self-test,
by the agent that runs or by one that runs for as long as that takes. A camera that only one program can open, such
as the Pi's own, needs the running agent to be stopped meanwhile.

Exit code: 0 all that was tried passed; 1 a step failed; 3 nothing failed, but something could not be proven: the
device is not paired, or there is nothing to pause.`,
    )
    .action(async (options: SelftestOptions) => {
      const config = loadConfig(options.config)
      const interrupted = new AbortController()
      process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
      const steps = await testAll(config, options, interrupted.signal)
      const exitCode = exitCodeOf(steps)
      console.log(options.json ? JSON.stringify({ exitCode, steps }, null, 2) : summarise(steps))
      // Connections to printers that are held open for the next question end here.
      process.exit(exitCode)
    })
}

async function testAll(
  config: AgentConfig,
  { pause, json }: SelftestOptions,
  signal: AbortSignal,
): Promise<Step[]> {
  const log = pino({ level: 'silent' })
  const steps: Step[] = []
  const listener: Listener = {
    onBegin: (about) => process.stderr.write(`         ${nameStep(about)} …\n`),
    onEnd(step) {
      steps.push(step)
      if (!json) console.log(describeStep(step))
    },
  }
  const { backend, threads, modelDir = shippedModelDir } = config.detector
  const choiceFile = join(config.dataDir, 'detector.json')
  const opening = openDetector({ backend, threads, modelDir, choiceFile, log }, signal)
  const opened = await timeStep({ step: 'detector' }, listener, async () => ({
    result: 'passed',
    detail: `runs on ${(await opening).detector.backend}`,
  }))
  if (opened.result === 'failed') return steps
  const { detector } = await opening
  const told: Told[] = []
  for (const printer of config.printers) {
    const print = openKnownPrint(printer.capture.intervalSeconds)
    const parts = { detector, print, log, signal, mayPause: pause === true, listener }
    told.push(toldOf(printer.name, await testPrinter(printer, parts)))
  }
  await detector.close()
  await tellAll(config, told, { log, signal, listener })
  return steps
}

/** Has every printer's result told; each is a step of its own. */
async function tellAll(
  config: AgentConfig,
  told: readonly Told[],
  { log, signal, listener }: { log: pino.Logger; signal: AbortSignal; listener: Listener },
): Promise<void> {
  const opening = openTeller(config, { log, signal })
  for (const one of told) {
    await timeStep({ step: 'notification', printer: one.printer }, listener, async () => {
      const teller = await opening
      if (teller) return teller.tell(one)
      const detail =
        'not paired with a cloud, so nobody is told: npm run agent -- pair CODE --cloud URL pairs it'
      return { result: 'unproven', detail }
    })
  }
  await opening.then(
    (teller) => teller?.close(),
    () => undefined,
  )
}

/** What the phone is told of one printer's steps. */
export function toldOf(printer: string, steps: readonly Step[]): Told {
  const failed = steps.filter(({ result }) => result === 'failed')
  const confirmed = steps.flatMap(({ findings }) => findings?.confirmedAfterSeconds ?? [])
  return {
    printer,
    result: {
      isPassed: failed.length === 0,
      ...(confirmed.length > 0 && { confirmedAfterSeconds: Math.max(...confirmed, 0) }),
      reasons: failed.map(({ step, camera, detail }) => `${camera ? `${camera}, ` : ''}${step}: ${detail}`),
    },
  }
}

/** 1 where a step failed; 3 where one could not be proven. */
export function exitCodeOf(steps: readonly Step[]): number {
  if (steps.some(({ result }) => result === 'failed')) return exitCodes.failed
  return steps.some(({ result }) => result === 'unproven') ? exitCodes.unproven : exitCodes.fine
}

const marks: Record<Step['result'], string> = {
  passed: 'ok',
  failed: 'FAILED',
  skipped: 'skipped',
  unproven: 'unproven',
}

/** One step, in a person's words. */
export function describeStep(step: Step): string {
  const { result, detail, ms } = step
  const time = ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
  return `${marks[result].padEnd(8)} ${nameStep(step)}: ${detail} [${time}]`
}

function nameStep({ step, printer, camera }: About): string {
  const whose = [printer, camera].filter((one) => one !== undefined).join(', ')
  return whose ? `${step} (${whose})` : step
}

/** The whole, in a sentence. */
export function summarise(steps: readonly Step[]): string {
  const count = (result: Step['result']) => steps.filter((one) => one.result === result).length
  const failed = count('failed')
  if (failed > 0) return `This would not protect a print: ${failed} of ${steps.length} steps failed.`
  const unproven = count('unproven')
  return unproven > 0 ? `All that could be tried works; ${unproven} not proven.` : 'All that was tried works.'
}
