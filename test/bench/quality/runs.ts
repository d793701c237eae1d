import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Consecutive good pictures of one real camera, in the order in which they were taken. */
export interface Run {
  readonly name: string
  readonly source: string
  /** Whoever changes the gate's constants looks at the runs for choosing alone, from now on. */
  readonly part: 'choosing' | 'measuring'
  readonly files: readonly string[]
}

const Line = z.object({
  file: z.string(),
  source: z.string(),
  group: z.string(),
  label: z.string(),
  frame: z.number().optional(),
})
type Line = z.infer<typeof Line>

/** A webcam that never moved; its pictures carry their number in the name of their group. */
const numbered = /^NoDefects\.(\d+)\.jpg$/

/** A time-lapse that begins with a blurred title and ends by fading into red: what of it is a camera's. */
const edited: Record<string, { first: number; last: number } | undefined> = {
  'timelapseplus red': { first: 40, last: 115 },
}

/** All runs there are of good pictures below a folder of real frames. */
export function readRuns(folder: string): Run[] {
  const runs = new Map<string, { line: Line; frame: number }[]>()
  for (const text of readFileSync(path.join(folder, 'manifest.jsonl'), 'utf8').trim().split('\n')) {
    const line = Line.parse(JSON.parse(text))
    const frame = line.frame ?? frameOf(line)
    if (frame === undefined || line.label !== 'ok') continue
    const name = line.frame === undefined ? line.source : `${line.source} ${line.group}`
    runs.set(name, [...(runs.get(name) ?? []), { line, frame }])
  }
  return [...runs.entries()].map(([name, pictures], index) => {
    const source = pictures[0]?.line.source ?? ''
    const { first, last } = edited[name] ?? { first: 0, last: Infinity }
    const files = pictures
      .filter(({ frame }) => frame >= first && frame <= last)
      .toSorted((a, b) => a.frame - b.frame)
      .map(({ line }) => path.join(folder, line.file))
    // Every other run; the one of a third camera only measures.
    const part = source !== 'hiltes' && index % 2 === 0 ? 'choosing' : 'measuring'
    return { name, source, part, files }
  })
}

function frameOf({ group }: Line): number | undefined {
  const [, number] = numbered.exec(group) ?? []
  return number === undefined ? undefined : Number(number)
}
