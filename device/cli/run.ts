import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { runAgent } from '../main.ts'
import { openLog } from './log.ts'

const closeWithinMs = 10_000

/** `run`, which is also what happens without a command. */
export function addRunCommand(program: Command): void {
  program
    .command('run', { isDefault: true })
    .description('watch the configured printers until stopped')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .action(async ({ config: file }: { config: string }) => {
      const config = loadConfig(file)
      const log = openLog(config.logLevel)
      // A bug: the supervisor starts the agent again.
      process.on('uncaughtException', (error) => {
        log.fatal({ err: error }, 'agent failed')
        process.exit(1)
      })
      const stop = untilStopped()
      await runAgent(config, log, stop).catch((error: unknown) => {
        // Stopped while it started: what was under way says so by an error.
        if (!stop.aborted) throw error
        log.debug({ err: error }, 'start ended')
      })
      log.info('stopped')
      process.exit(0)
    })
}

/** Aborts at SIGTERM or Ctrl-C; a second one, or ten seconds of closing, ends the process as it is. */
function untilStopped(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1)
      stop.abort()
      setTimeout(() => process.exit(1), closeWithinMs).unref()
    })
  }
  return stop.signal
}
