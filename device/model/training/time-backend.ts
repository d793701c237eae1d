/**
 * `time-backend.ts MODEL BACKEND RUNS`: the median CPU time of a frame on one runtime and one thread, as JSON.
 * Time of the whole process, so that a runtime's own threads count.
 */
import { argv, cpuUsage, exit } from 'node:process'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import { backendNames, loadBackend } from '../../detector/load.ts'
import { inputShape, loadModel, selectWeights } from '../../detector/manifest.ts'
import { makeReferenceInput } from '../../detector/reference.ts'

/** WebAssembly is compiled anew, and better, while it runs. */
const warmUpRuns = 12

const [folder, name, runs] = z
  .tuple([z.string(), z.enum(backendNames), z.coerce.number().int().positive()])
  .parse(argv.slice(2))

try {
  const model = selectWeights(await loadModel(folder), name)
  const backend = await loadBackend(name, model, 1)
  const input = makeReferenceInput(inputShape(model.manifest))
  const times: number[] = []
  for (let run = 0; run < warmUpRuns + runs; run++) {
    const before = cpuUsage()
    await backend.infer(input)
    const { user, system } = cpuUsage(before)
    if (run >= warmUpRuns) times.push((user + system) / 1000)
  }
  await backend.close()
  times.sort((a, b) => a - b)
  console.log(JSON.stringify({ cpuMs: times[Math.floor(times.length / 2)] }))
} catch (error) {
  if (!(error instanceof UnavailableError)) throw error
  console.error(error.message)
  exit(1)
}
