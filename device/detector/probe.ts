/**
 * Tries one runtime in a process of its own: a library that doesn't fit this machine may end its process, and
 * three of them at once would cost the agent its memory. Prints one line of JSON, see `ProbeResult`.
 */
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { Backend } from './detector.ts'
import { backendNames, loadBackend } from './load.ts'
import { inputShape, loadModel, type Model, selectWeights } from './manifest.ts'
import { compareWithReference, makeReferenceInput } from './reference.ts'

/** What is tried. */
export const ProbeRequest = z.object({
  backend: z.enum(backendNames),
  modelDir: z.string(),
  threads: z.int().positive(),
})
export type ProbeRequest = z.infer<typeof ProbeRequest>

/**
 * What came of it: the largest difference of a logit from the reference outputs, how much of it the weights
 * allow, and the time a frame takes; or why not.
 */
export const ProbeResult = z.union([
  z.object({ difference: z.number().nullable(), tolerance: z.number(), msPerFrame: z.number() }),
  z.object({ reason: z.string() }),
])
export type ProbeResult = z.infer<typeof ProbeResult>

const timedRuns = 7

/** @throws nothing but bugs: what a person may meet is in the result. */
async function probe({ backend: name, modelDir, threads }: ProbeRequest): Promise<ProbeResult> {
  try {
    const model = selectWeights(await loadModel(modelDir), name)
    const backend = await loadBackend(name, model, threads)
    const difference = await compareWithReference(backend, model)
    const { tolerance } = model.manifest.reference
    return { difference, tolerance, msPerFrame: await measureFrame(backend, model) }
  } catch (error) {
    if (error instanceof UnavailableError || error instanceof ConfigError) return { reason: error.message }
    throw error
  }
}

/** Median time of a frame in milliseconds; the run against the reference has warmed the runtime up. */
async function measureFrame(backend: Backend, { manifest }: Model): Promise<number> {
  const input = makeReferenceInput(inputShape(manifest))
  const times: number[] = []
  for (let run = 0; run < timedRuns; run++) {
    const startedAtMs = performance.now()
    await backend.infer(input)
    times.push(performance.now() - startedAtMs)
  }
  return times.sort((a, b) => a - b)[Math.floor(timedRuns / 2)] ?? 0
}

if (import.meta.main) {
  const result = await probe(ProbeRequest.parse(JSON.parse(process.argv[2] ?? '')))
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit())
}
