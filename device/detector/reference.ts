import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { Backend } from './detector.ts'
import { inputShape, type Model } from './manifest.ts'

/** `reference.json`: the logits that the trained network gave to the reference input, flat. */
const Reference = z.object({ logits: z.array(z.number()).min(1) })

/**
 * A picture made by a rule, the same in every language, as network input: flat over `[1, y, x, channel]`.
 * @param shape `[1, height, width, 3]`
 */
export function makeReferenceInput([, height, width]: [number, number, number, number]): Float32Array {
  return Float32Array.from({ length: height * width * 3 }, (_, index) => {
    const c = index % 3
    const x = Math.floor(index / 3) % width
    const y = Math.floor(index / (3 * width))
    return (x * (c + 1) + 2 * y + ((x * y) % 97) + 53 * c) % 256
  })
}

/**
 * How far a backend's answer to the reference input is from the expected one: the largest difference of a
 * logit, infinite where the shape differs or a number is missing.
 * @throws ConfigError where `reference.json` is missing or garbled.
 */
export async function compareWithReference(backend: Backend, model: Model): Promise<number> {
  const expected = await loadReference(model)
  const answer = await backend.infer(makeReferenceInput(inputShape(model.manifest)))
  if (answer.length !== expected.length) return Infinity
  const differences = expected.map((logit, index) => Math.abs(logit - (answer[index] ?? Number.NaN)))
  // Math.max keeps NaN, so one logit that is not a number makes the whole answer wrong.
  const largest = Math.max(...differences)
  return Number.isNaN(largest) ? Infinity : largest
}

async function loadReference({ dir, manifest }: Model): Promise<number[]> {
  const path = join(dir, manifest.reference.path)
  try {
    return Reference.parse(JSON.parse(await readFile(path, 'utf8'))).logits
  } catch (cause) {
    throw new ConfigError(`${path} can't be read`, { cause })
  }
}
