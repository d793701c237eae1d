import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'

/** One recorded picture. */
export interface RecordedFrame {
  /** Path of the file. */
  file: string
  /** Seconds since the recording began; undefined where nothing tells. */
  atSeconds?: number
  /** Layer it shows, 1 the first, where the recording tells. */
  layer?: number
}

/** A line of `frames.jsonl`: `file` below its folder, `at` in seconds. */
const FrameLine = z.object({
  file: z.string().min(1),
  at: z.number().min(0),
  layer: z.number().int().min(0).optional(),
})

/**
 * The pictures of a folder: as `frames.jsonl` lists them, or else every JPEG in the order of names, numbers in
 * them counted as numbers.
 * @throws ConfigError where there is no such folder, no picture in it, or a line that can't be read.
 */
export async function listFrames(folder: string): Promise<RecordedFrame[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ConfigError(`${folder} can't be read`, { cause })
  })
  const frames = names.includes('frames.jsonl')
    ? parseFrameLines(await readFile(path.join(folder, 'frames.jsonl'), 'utf8'), folder)
    : names
        .filter((name) => /\.jpe?g$/i.test(name))
        .sort(new Intl.Collator('en', { numeric: true }).compare)
        .map((name) => ({ file: path.join(folder, name) }))
  if (frames.length === 0) throw new ConfigError(`${folder} holds no JPEG pictures`)
  return frames
}

function parseFrameLines(text: string, folder: string): RecordedFrame[] {
  const frames = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const { file, at, layer } = parseFrameLine(line, `${folder}/frames.jsonl line ${index + 1}`)
    return [{ file: path.resolve(folder, file), atSeconds: at, ...(layer !== undefined && { layer }) }]
  })
  return frames.sort((a, b) => a.atSeconds - b.atSeconds)
}

function parseFrameLine(line: string, where: string): z.infer<typeof FrameLine> {
  try {
    return FrameLine.parse(JSON.parse(line))
  } catch (cause) {
    throw new ConfigError(`${where} is not {"file","at","layer"?}`, { cause })
  }
}
