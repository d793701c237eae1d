import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { HeldFile } from './manifest.ts'

/** Writes bytes into a backup's folder, for its owner alone, and tells what was written. */
export async function holdFile(
  folder: string,
  held: string,
  source: AsyncIterable<Uint8Array>,
): Promise<HeldFile> {
  const digest = createHash('sha256')
  let bytes = 0
  async function* measured() {
    for await (const chunk of source) {
      digest.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await copyInto(path.join(folder, held), measured())
  return { path: held, bytes, sha256: digest.digest('hex') }
}

/** Writes a file, and the folders it needs, for its owner alone. */
export async function copyInto(file: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await pipeline(source, createWriteStream(file, { mode: 0o600, flush: true }))
}

/** @throws RejectedError where a file of a backup is missing or is not what was written. */
export async function checkFile(folder: string, { path: held, bytes, sha256 }: HeldFile): Promise<void> {
  const digest = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of createReadStream(path.join(folder, held))) {
      digest.update(chunk)
      size += chunk.length
    }
  } catch (cause) {
    throw new RejectedError(`this backup cannot be used: ${held} cannot be read`, { cause })
  }
  if (size === bytes && digest.digest('hex') === sha256) return
  throw new RejectedError(`this backup cannot be used: ${held} is not what was written`)
}
