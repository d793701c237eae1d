import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Failure, FailureKind } from './failures.ts'
import { createMachine, shotOf } from './machine.ts'
import { progressAt, secondsAtLayer } from './plan.ts'
import { createRandom, mixSeed, type Random } from './random.ts'
import type { RunSpec } from './run.ts'
import { createStudio, type FrameSize } from './studio.ts'
import { judgeFrame } from './truth.ts'
import type { WorldKind } from './world.ts'

export type FolderOptions = FrameSize & {
  count: number
  world: WorldKind
  seed: number
  hasFailures: boolean
  /** Whether `frames.jsonl` says what is wrong in a picture. */
  hasLabels: boolean
}

const framesPerPrint = 8

/**
 * Writes pictures of many prints, a few of each, and `frames.jsonl`: file, at (seconds), layer, print; with
 * labels also the kind of failure, whether it can be seen yet, and the box around the strands.
 */
export async function renderFolder(folder: string, options: FolderOptions): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const index = join(folder, 'frames.jsonl')
  writeFileSync(index, '')
  let written = 0
  for (let print = 0; written < options.count; print++) {
    const seed = options.seed + print
    const frames = Math.min(framesPerPrint, options.count - written)
    for await (const { jpeg, line } of renderPrint({ ...options, seed, frames })) {
      const file = `${options.world}-${seed}-${String(line.layer).padStart(4, '0')}-${written}.jpg`
      writeFileSync(join(folder, file), jpeg)
      appendFileSync(index, `${JSON.stringify({ file, ...line })}\n`)
      written++
    }
  }
}

async function* renderPrint(options: FolderOptions & { frames: number }) {
  const { world, seed, width, height } = options
  const random = createRandom(mixSeed('folder', world, seed))
  const layers = random.whole(30, 120)
  const failure = options.hasFailures ? chooseFailure(random, layers) : undefined
  const spec: RunSpec = { world, seed, run: 0, layers, failures: failure ? [failure] : [] }
  const machine = createMachine(spec, 'render')
  const { plan } = machine.run
  const studio = createStudio()
  for (const at of chooseMoments(
    random,
    plan.totalSeconds,
    failure && secondsAtLayer(plan, failure.layer),
    options.frames,
  )) {
    const moment = { ...machine, printSeconds: at, upSeconds: at }
    const jpeg = await studio.render(spec, shotOf(moment), { width, height })
    const { layer } = progressAt(plan, at)
    const labels = options.hasLabels ? judgeFrame(machine.run, spec.failures, at) : {}
    yield { jpeg, line: { at: Math.round(at * 10) / 10, layer, print: `${world}-${seed}`, ...labels } }
  }
}

function chooseFailure(random: Random, layers: number): Failure | undefined {
  // Tangles are what matters most; a fifth of the prints go well to their end.
  if (random.chance(0.2)) return undefined
  const kinds: readonly [FailureKind, ...FailureKind[]] = [
    'detached',
    'spaghetti',
    'layer-shift',
    'under-extrusion',
    'clog',
    'detached',
    'spaghetti',
    'spaghetti',
  ]
  return { kind: random.pick(kinds), layer: random.whole(2, Math.max(3, Math.floor(layers * 0.6))) }
}

function chooseMoments(random: Random, total: number, onset: number | undefined, count: number): number[] {
  const start = onset === undefined ? 0 : Math.max(0, onset - total * 0.25)
  const end = onset === undefined ? total : Math.min(total, onset + total * 0.35)
  return Array.from({ length: count }, () => random.between(start, end * 0.999)).sort((a, b) => a - b)
}
