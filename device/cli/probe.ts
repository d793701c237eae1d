import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import pino from 'pino'
import { openCamera } from '../camera/open.ts'
import { loadConfig, type WatchedPrinterConfig } from '../config.ts'
import { openPrinter } from '../printer/open.ts'

const timeoutMs = 15_000

/** `probe`: tries every configured printer and camera without moving anything. */
export function addProbeCommand(program: Command): void {
  program
    .command('probe')
    .description('try every configured printer and camera, moving nothing')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--pictures', 'store what each camera sees as NAME.jpg here')
    .action(async ({ config: file, pictures }: { config: string; pictures?: true }) => {
      const { printers } = loadConfig(file)
      const results = await Promise.all(printers.map((printer) => probe(printer, pictures === true)))
      console.log(results.flatMap(({ lines }) => lines).join('\n'))
      if (results.some(({ isFine }) => !isFine)) process.exitCode = 1
    })
}

async function probe(config: WatchedPrinterConfig, keepsPicture: boolean) {
  const log = pino({ level: 'silent' })
  const printer = await attempt('printer', async () => {
    const opened = await openPrinter(config.printer, { log })
    const signal = AbortSignal.timeout(timeoutMs)
    const { description, actions, limits } = await opened.probe(signal)
    const { state } = await opened.status(signal)
    return [`${description}, ${state}; can ${actions.join(', ') || 'do nothing'}`, ...limits].join('; ')
  })
  const camera = await attempt('camera', async () => {
    const opened = await openCamera(config.camera, { log })
    try {
      const { jpeg } = await opened.capture(AbortSignal.timeout(timeoutMs))
      if (keepsPicture) await writeFile(`${config.name.replaceAll(/[^\w.-]+/g, '-')}.jpg`, jpeg)
      return `${opened.description}, a picture of ${Math.ceil(jpeg.length / 1024)} kB`
    } finally {
      await opened.close()
    }
  })
  const isFine = printer.isFine && camera.isFine
  return { isFine, lines: [`${config.name}`, printer.line, camera.line] }
}

async function attempt(what: string, work: () => Promise<string>) {
  try {
    return { isFine: true, line: `  ${what}: ${await work()}` }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { isFine: false, line: `  ${what}: does not work: ${reason}` }
  }
}
