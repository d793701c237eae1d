import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { Answers, LogOddsMap } from './picture.ts'

/*
 * Scores that took long to make, kept between runs: one file of maps and one that says what they are. They are
 * kept per model, so a new model never meets the old one's.
 */

const Kept = z.object({ names: z.array(z.string()), mapLength: z.int().positive() })

/** Where scores are kept unless a person names another folder. */
export function userCacheDir(): string {
  return path.join(homedir(), '.cache', 'layerwatch', 'judge-bench')
}

export interface ScoreCache {
  readonly dir: string
  readonly modelSha256: string
  /** Scores anew, whatever is kept. */
  readonly isFresh: boolean
}

/**
 * Maps by name from the cache, those missing made and then kept.
 * @param make gives the map of one name.
 */
export async function recallMaps(
  cache: ScoreCache,
  wanted: { shelf: string; names: readonly string[]; answers: Answers },
  make: (name: string) => Promise<LogOddsMap>,
): Promise<Map<string, LogOddsMap>> {
  const { shelf, names, answers } = wanted
  const mapLength = answers.width * answers.height * answers.labels.length
  const kept = cache.isFresh ? new Map<string, LogOddsMap>() : await readShelf(cache, shelf, mapLength)
  const missing = names.filter((name) => !kept.has(name))
  let unsaved = 0
  for (const name of missing) {
    kept.set(name, await make(name))
    // A run that is broken off goes on from here.
    if (++unsaved >= 200) {
      await writeShelf(cache, shelf, kept)
      unsaved = 0
    }
  }
  if (unsaved > 0) await writeShelf(cache, shelf, kept)
  return kept
}

function fileOf({ dir, modelSha256 }: ScoreCache, shelf: string, ending: string): string {
  return path.join(dir, modelSha256.slice(0, 16), `${shelf}.${ending}`)
}

async function readShelf(
  cache: ScoreCache,
  shelf: string,
  mapLength: number,
): Promise<Map<string, LogOddsMap>> {
  try {
    const kept = Kept.parse(JSON.parse(await readFile(fileOf(cache, shelf, 'json'), 'utf8')))
    const bytes = await readFile(fileOf(cache, shelf, 'bin'))
    if (kept.mapLength !== mapLength || bytes.length !== kept.names.length * mapLength * 4) return new Map()
    const all = new Float32Array(bytes.length / 4)
    new Uint8Array(all.buffer).set(bytes)
    return new Map(kept.names.map((name, at) => [name, all.subarray(at * mapLength, (at + 1) * mapLength)]))
  } catch {
    // Nothing kept, or not readable: it is made anew.
    return new Map()
  }
}

async function writeShelf(cache: ScoreCache, shelf: string, maps: Map<string, LogOddsMap>): Promise<void> {
  const mapLength = maps.values().next().value?.length ?? 0
  const all = new Float32Array(maps.size * mapLength)
  let at = 0
  for (const map of maps.values()) {
    all.set(map, at)
    at += mapLength
  }
  await writeSafely(fileOf(cache, shelf, 'bin'), new Uint8Array(all.buffer))
  await writeSafely(fileOf(cache, shelf, 'json'), JSON.stringify({ names: [...maps.keys()], mapLength }))
}

async function writeSafely(file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}`
  await writeFile(draft, content)
  await rename(draft, file)
}
