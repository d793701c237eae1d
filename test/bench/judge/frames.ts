import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

/*
 * The labelled frames, and which of them the model in use has never seen: the split of
 * `device/model/training/data.py`, which follows from a group's name alone, and the sources its manifest says
 * were left out of training.
 */

const Row = z.object({
  file: z.string(),
  source: z.string(),
  group: z.string(),
  label: z.enum(['ok', 'failure']),
  /** Centre and size in 0..1 of the frame. */
  boxes: z
    .array(z.object({ class: z.string(), box: z.tuple([z.number(), z.number(), z.number(), z.number()]) }))
    .default([]),
  sequence: z.string().optional(),
  frame: z.number().optional(),
})

export type Part = 'train' | 'calibration' | 'test'

export interface LabelledFrame {
  /** Path below the frames' folder. */
  readonly file: string
  readonly source: string
  readonly group: string
  readonly isFailing: boolean
  /** Failures alone: corner and size in 0..1 of the frame. */
  readonly boxes: readonly (readonly [number, number, number, number])[]
  /** The part of the split, or `test` where the whole source was left out of training. */
  readonly part: Part
  readonly sequence?: string
  /** Place in the sequence: seconds or, for a time-lapse, the number of the frame. */
  readonly frame?: number
}

/** Boxes that mark no failure. */
const harmlessClasses = new Set(['printer_gantry'])

const Trained = z.object({
  training: z.array(z.object({ leftOut: z.array(z.string()).default([]) })).default([]),
})

/** Sources that no part of the training saw, from the model's manifest. */
export async function readLeftOut(modelDir: string): Promise<string[]> {
  const { training } = Trained.parse(JSON.parse(await readFile(path.join(modelDir, 'manifest.json'), 'utf8')))
  const [first, ...others] = training.map(({ leftOut }) => leftOut)
  return (first ?? []).filter((source) => others.every((leftOut) => leftOut.includes(source)))
}

/** All frames of a folder's `manifest.jsonl`, in its order. */
export async function readFrames(dir: string, leftOut: readonly string[]): Promise<LabelledFrame[]> {
  const lines = (await readFile(path.join(dir, 'manifest.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line.trim())
  return lines.map((line) => {
    const { label, boxes, sequence, frame, ...row } = Row.parse(JSON.parse(line))
    return {
      ...row,
      isFailing: label === 'failure',
      boxes: boxes
        .filter((box) => !harmlessClasses.has(box.class))
        .map(({ box: [x, y, width, height] }) => [x - width / 2, y - height / 2, width, height] as const),
      part: leftOut.includes(row.source) ? 'test' : partOf(row.group),
      ...(sequence === undefined ? {} : { sequence }),
      ...(frame === undefined ? {} : { frame }),
    }
  })
}

/** The part of the split a group belongs to: 70 % train, 10 % calibration, 20 % test. */
export function partOf(group: string): Part {
  const bucket = createHash('sha256').update(group).digest().readUInt32BE(0) % 10
  if (bucket < 2) return 'test'
  return bucket === 2 ? 'calibration' : 'train'
}
