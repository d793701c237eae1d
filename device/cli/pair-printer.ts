import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Command } from 'commander'
import pino from 'pino'
import { type AgentConfig, loadConfig } from '../config.ts'
import type { OctoPrintConfig } from '../printer/config.ts'
import { keepPrinterKey, printerKeysFile } from '../printer/keys.ts'
import { requestOctoprintKey } from '../printer/octoprint-key.ts'
import { probeWatched } from '../probe.ts'
import { describe } from './probe.ts'

/** How long a person has to answer on OctoPrint's page. */
const answerWithinMs = 5 * 60_000

interface PairPrinterOptions {
  config: string
  printer?: string
  user?: string
  again?: true
}

/** `pair-printer`: asks OctoPrint for a key, so that none has to be copied. */
export function addPairPrinterCommand(program: Command): void {
  program
    .command('pair-printer')
    .description('ask a configured OctoPrint for a key, which is granted on its page')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--printer <name>', 'its name in the configuration, where there are several')
    .option('--user <name>', 'user of OctoPrint whose key it shall be')
    .option('--again', 'ask although there is a key')
    .action(async (options: PairPrinterOptions) => {
      const config = loadConfig(options.config)
      const { name, link } = choosePrinter(config, options)
      const key = await askForKey({ name, link, device: config.name, user: options.user })
      await keepPrinterKey(config.dataDir, link.url, key)
      console.log(`OctoPrint gave a key; it is kept in ${printerKeysFile(config.dataDir)}.`)
      const paired = loadConfig(options.config).printers.find((printer) => printer.name === name)
      if (paired) console.log(describe(await probeWatched(paired, pino({ level: 'silent' }))))
      process.exit(0)
    })
}

async function askForKey(wanted: {
  name: string
  link: OctoPrintConfig
  device: string
  user: string | undefined
}): Promise<string> {
  const signal = AbortSignal.timeout(answerWithinMs)
  const onAsked = (page: string) =>
    console.log(
      `Open ${page} (or any page of that OctoPrint) in a browser, signed in, and allow "Layerwatch on ${wanted.device}".`,
    )
  const app = `Layerwatch on ${wanted.device}`
  try {
    return await requestOctoprintKey({ url: wanted.link.url, app, user: wanted.user, onAsked }, signal)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new UnavailableError('nobody answered within five minutes', { cause })
  }
}

function choosePrinter(
  { printers }: AgentConfig,
  { printer: name, again }: PairPrinterOptions,
): { name: string; link: OctoPrintConfig } {
  const found = printers.flatMap((printer) =>
    printer.printer.kind === 'octoprint' && (name === undefined || printer.name === name)
      ? [{ name: printer.name, link: printer.printer }]
      : [],
  )
  if (found.length === 0)
    throw mistake(`there is no OctoPrint${name ? ` named ${name}` : ''} in the configuration`)
  const open = again ? found : found.filter(({ link }) => link.apiKey === undefined)
  const [chosen, other] = open
  if (chosen === undefined) throw mistake('there is a key already; add --again to ask for another')
  if (other !== undefined)
    throw mistake(`there are several: add --printer, such as --printer "${chosen.name}"`)
  return chosen
}

function mistake(problem: string): ConfigError {
  return new ConfigError('pairing is not possible', { problems: [problem] })
}
