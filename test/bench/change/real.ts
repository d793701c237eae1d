import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { GreyPicture } from '../../../device/assess/grey.ts'
import { judgeQuality, unknownQuality } from '../../../device/camera/quality.ts'
import { decodeFrame } from '../../../device/detector/decode.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'
import { greySize } from './prints.ts'

/** A picture of a real print, as the agent's second sense gets it. */
export interface RealFrame {
  /** Second of the run, or number of the layer, as the source counts. */
  readonly frame: number
  readonly picture: GreyPicture
  readonly figures: PictureFigures
  /** The printed part at the run's beginning: middle and size, 0..1 of the frame. */
  readonly partBox?: readonly [number, number, number, number]
}

const Line = z.object({
  file: z.string(),
  source: z.string(),
  sequence: z.string().optional(),
  frame: z.number().optional(),
  part_box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
})

/** The sequences of a source by name, each in the order in which it was taken. */
export async function readSequences(folder: string, source: string): Promise<Map<string, RealFrame[]>> {
  const sequences = new Map<string, RealFrame[]>()
  const lines = readFileSync(path.join(folder, 'manifest.jsonl'), 'utf8').trim().split('\n')
  for (const text of lines) {
    const line = Line.parse(JSON.parse(text))
    if (line.source !== source || line.sequence === undefined) continue
    const { figures } = await decodeFrame(await readFile(path.join(folder, line.file)), greySize)
    if (!figures.grey) continue
    const partBox = line.part_box ? { partBox: line.part_box } : {}
    const frames = sequences.get(line.sequence) ?? []
    frames.push({ frame: line.frame ?? frames.length, picture: figures.grey, figures, ...partBox })
    sequences.set(line.sequence, frames)
  }
  for (const frames of sequences.values()) frames.sort((a, b) => a.frame - b.frame)
  return sequences
}

/** Which of the pictures, so many seconds apart, the agent's gate of picture quality lets through. */
export function findUsable(frames: readonly RealFrame[], secondsApart: number): boolean[] {
  let quality = unknownQuality
  return frames.map(({ figures }, i) => {
    const [next, verdict] = judgeQuality(quality, figures, i * secondsApart * 1000)
    quality = next
    return verdict.isUsable
  })
}
