import { homedir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

/** What `npm start` was asked for. */
export interface StartOptions {
  dataDir: string
  port: number
  hasDemo: boolean
  /** Address the page listens on. */
  host: string
}

const help = `npm start -- [options]

Runs Layerwatch whole on this machine: database, broker, cloud, page, and an agent that watches a simulated print.

  --data DIR    folder for everything that must last (default: ${defaultDataDir()})
  --port N      port of the page (default: 8420)
  --no-demo     without the simulated printer and its agent
  --lan         listen on every address of this machine, not on loopback alone
  --help        this text

DIR/cloud.yaml, where it is there, configures the rest of the cloud, such as its mail server.
`

/** Reads the command line. Prints and exits where there is nothing to start. */
export function readOptions(args: string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        data: { type: 'string', default: defaultDataDir() },
        port: { type: 'string', default: '8420' },
        demo: { type: 'boolean', default: true },
        lan: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(help)
      process.exit(0)
    }
    return {
      dataDir: path.resolve(values.data),
      port: readPort(values.port),
      hasDemo: values.demo,
      host: values.lan ? '0.0.0.0' : '127.0.0.1',
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`)
    process.exit(64)
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port ${text}: a number from 0 to 65535 is needed (0 takes a free one)`)
  }
  return port
}

function defaultDataDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/layerwatch'
  return path.join(process.env.XDG_DATA_HOME ?? path.join(homedir(), '.local/share'), 'layerwatch')
}
