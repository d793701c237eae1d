import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Model } from './manifest.ts'
import { BackendReport } from './report.ts'

/*
 * The remembered choice of a runtime, so that a start need not try them all: a small file that is right or
 * gone. It holds for one model on one machine with the same libraries.
 */

const ChoiceFile = z.object({ key: z.string(), reports: z.array(BackendReport) })

/** Where a command remembers the choice that has no agent's data folder to keep it in. */
export function userChoiceFile(): string {
  return join(homedir(), '.cache', 'layerwatch', 'detector.json')
}

/** The reports remembered for this key, if any. A broken file counts as none. */
export async function recallChoice(path: string, key: string): Promise<BackendReport[] | undefined> {
  try {
    const choice = ChoiceFile.parse(JSON.parse(await readFile(path, 'utf8')))
    return choice.key === key ? choice.reports : undefined
  } catch {
    return undefined
  }
}

/** Remembers a choice. A full disk costs the next start a few seconds and nothing else. */
export async function rememberChoice(
  path: string,
  choice: z.infer<typeof ChoiceFile>,
  log: Logger,
): Promise<void> {
  const draft = `${path}.${process.pid}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, `${JSON.stringify(choice, undefined, 2)}\n`)
    await rename(draft, path)
  } catch (error) {
    log.warn({ error, path }, 'choice of detector backend not remembered')
    await rm(draft, { force: true }).catch(() => undefined)
  }
}

/** Changes with the model, the machine, Node, the libraries and whether TensorFlow's is there. */
export function describeMachine(model: Model, threads: number): string {
  const facts = [
    model.manifest.sha256,
    model.manifest.reference.tolerance,
    model.manifest.files.onnxInt8,
    threads,
    process.version,
    process.arch,
    cpus().map(({ model: name }) => name)[0],
    ...['@tensorflow/tfjs-node', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-node'].map(describePackage),
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

function describePackage(name: string): string {
  try {
    const path = createRequire(import.meta.url).resolve(`${name}/package.json`)
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')))
    const hasAddon = existsSync(join(dirname(path), 'lib/napi-v8/tfjs_binding.node'))
    return `${name} ${version} ${hasAddon}`
  } catch {
    return `${name} absent`
  }
}
