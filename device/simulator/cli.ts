import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { openDarkroom } from './darkroom.ts'
import { type Failure, failureKinds, parseFailure } from './failures.ts'
import { renderFolder } from './render-folder.ts'
import { createSimulator } from './server.ts'
import { isShapeName, type ShapeName, shapeNames } from './shapes.ts'
import { defaultLayers, toRunSpec } from './simulation.ts'
import type { WorldKind } from './world.ts'

type ServeOptions = {
  speed: number
  seed: number
  world: WorldKind
  shape?: Source
  layers: number
  failure: Failure | 'none'
  port: number
  host: string
  width: number
  height: number
  fps: number
  repeat?: true
  idle?: true
  dark?: true
  json?: true
}

type RenderOptions = {
  count: number
  world: WorldKind
  seed: number
  failures: 'none' | 'mix'
  width: number
  height: number
  labels?: true
}

/** What to print: a solid by name, or a file. */
type Source = { shape: ShapeName } | { file: { name: string; gcode: Uint8Array } }

const worlds = () =>
  new Option('--world <kind>', 'set of worlds: training only ever uses "train"')
    .choices(['train', 'judge'])
    .default('judge')

const program = new Command('simulator')
  .description('A simulated printer and camera: G-code in, a growing print as pictures out.')
  .option('--speed <factor>', 'print seconds that pass in a second', readNumber(0.01, 10_000), 20)
  .option(
    '--seed <number>',
    'decides shape, filament, camera, light and how failures unfold',
    readWhole(0, 2 ** 31),
    7,
  )
  .addOption(worlds())
  .option('--shape <name>', `${shapeNames.join(', ')}, or a G-code file`, readSource)
  .option('--layers <count>', 'layers of a solid', readWhole(1, 2000), defaultLayers)
  .option(
    '--failure <kind@layer>',
    `none, or one of ${failureKinds.join(', ')} at a layer`,
    readFailure,
    'none',
  )
  .option('--port <number>', '0 takes a free one', readWhole(0, 65_535), 0)
  .option('--host <address>', 'address to listen at', '127.0.0.1')
  .option('--width <pixels>', 'width of a picture', readWhole(64, 3840), 640)
  .option('--height <pixels>', 'height of a picture', readWhole(64, 2160), 480)
  .option('--fps <rate>', 'pictures a second in the stream', readNumber(0.1, 30), 5)
  .option('--repeat', 'start another, good print a while after one has ended')
  .option('--idle', 'wait for POST /printer/start before the first print')
  .option('--dark', 'in a dark room with the lamp off: POST /lamp/on, /lamp/off')
  .option('--json', 'print {"url": …} instead of a sentence')
  .enablePositionalOptions()
  .action(serve)

program
  .command('render')
  .description('Write pictures and a frames.jsonl to a folder.')
  .argument('<folder>', 'is made where it does not exist')
  .requiredOption('--count <number>', 'pictures to write', readWhole(1, 1_000_000))
  .addOption(worlds())
  .option('--seed <number>', 'first seed; each print takes the next', readWhole(0, 2 ** 31), 1)
  .addOption(
    new Option('--failures <which>', 'none, or a mix of all kinds').choices(['none', 'mix']).default('none'),
  )
  .option('--width <pixels>', 'width of a picture', readWhole(64, 3840), 640)
  .option('--height <pixels>', 'height of a picture', readWhole(64, 2160), 480)
  .option('--labels', 'write what failed also for "judge" worlds')
  .action(async (folder: string, options: RenderOptions) => {
    const { failures, labels, ...rest } = options
    await renderFolder(folder, {
      ...rest,
      hasFailures: failures === 'mix',
      hasLabels: labels === true || options.world === 'train',
    })
  })

await program.parseAsync()

function serve(options: ServeOptions): void {
  const { failure, seed, world, layers, width, height } = options
  const spec = toRunSpec({ seed, world, layers, ...options.shape, ...(failure !== 'none' && { failure }) })
  const server = createSimulator(
    {
      spec,
      speed: options.speed,
      size: { width, height },
      isRepeating: options.repeat === true,
      isIdleFirst: options.idle === true,
      streamRate: options.fps,
      isDark: options.dark === true,
    },
    { studio: openDarkroom(), now: () => performance.now(), createJobId: randomUUID },
  )
  // Nothing here is worth keeping: the end may come at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
  server.once('error', (error) => {
    process.stderr.write(`cannot listen at ${options.host} port ${options.port}: ${error.message}\n`)
    process.exit(78)
  })
  server.listen(options.port, options.host, () => {
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : options.port
    const host = options.host.includes(':') ? `[${options.host}]` : options.host
    const url = `http://${host}:${port}`
    process.stdout.write(options.json ? `${JSON.stringify({ url })}\n` : `Simulated printer at ${url}\n`)
  })
}

function readSource(text: string): Source {
  if (isShapeName(text)) return { shape: text }
  try {
    return { file: { name: basename(text), gcode: readFileSync(text) } }
  } catch {
    throw new InvalidArgumentError(`neither ${shapeNames.join(', ')} nor a file that can be read.`)
  }
}

function readFailure(text: string): Failure | 'none' {
  const failure = parseFailure(text)
  if (failure) return failure
  throw new InvalidArgumentError(`none, or one of ${failureKinds.join(', ')} followed by @ and a layer.`)
}

function readWhole(low: number, high: number): (text: string) => number {
  return (text) => {
    const number = readNumber(low, high)(text)
    if (Number.isInteger(number)) return number
    throw new InvalidArgumentError('a whole number.')
  }
}

function readNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const number = text.trim() === '' ? Number.NaN : Number(text)
    if (number >= low && number <= high) return number
    throw new InvalidArgumentError(`a number from ${low} to ${high}.`)
  }
}
