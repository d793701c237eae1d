import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Box, Defect } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { LayerEvidence } from '../assess/evidence.ts'

/*
 * What the judgement was told during a print, kept so that it can be judged again under another mask, baseline or
 * threshold. A map takes a byte a cell; a few hundred steps at a time are packed into one chunk, of which most
 * frames differ little from the one before.
 */

/** A frame's map of failure, before any mask, in sixteenths of log-odds. */
export interface KeptMap {
  readonly width: number
  readonly height: number
  readonly cells: Int8Array
}

/** What one camera showed. */
export interface KeptSight {
  readonly camera: string
  /** Seconds of printing. */
  readonly atSeconds: number
  readonly map: KeptMap
}

/** One thing the judgement was told, in order. */
export type Step =
  | {
      readonly kind: 'seen' | 'prepared'
      readonly layer: number
      /** Seconds of printing. */
      readonly atSeconds: number
      /** What each camera showed in this round, the leading one first. */
      readonly sights: readonly KeptSight[]
      readonly evidence?: readonly LayerEvidence[] | undefined
    }
  /** No usable frame, but layers were compared. */
  | {
      readonly kind: 'compared'
      readonly layer: number
      readonly atSeconds: number
      readonly evidence: readonly LayerEvidence[]
    }
  /** A person resumed. */
  | { readonly kind: 'resumed' }
  /** A better source counts the layers from here on. */
  | { readonly kind: 'recounted' }

export const sixteenth = 16

/** A map in bytes. */
export function keepMap(map: { width: number; height: number; cells: Readonly<Float32Array> }): KeptMap {
  const { width, height, cells } = map
  const bytes = new Int8Array(cells.length)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Math.max(-128, Math.min(127, Math.round((cells[i] ?? 0) * sixteenth)))
  }
  return { width, height, cells: bytes }
}

const Evidence = z.object({
  source: z.enum(['pictures', 'change']),
  defect: Defect,
  logLikelihoodRatio: z.number(),
  place: Box.exactOptional(),
  reason: z.string(),
})
const Place = { layer: z.number(), atSeconds: z.number() }
const Side = z.int().min(0).max(256)
const SightHead = z.object({ camera: z.string(), atSeconds: z.number(), width: Side, height: Side })
const StepHead = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['seen', 'prepared']),
    ...Place,
    sights: z.array(SightHead).min(1).max(8),
    evidence: z.array(Evidence).exactOptional(),
  }),
  z.object({ kind: z.literal('compared'), ...Place, evidence: z.array(Evidence) }),
  z.object({ kind: z.literal('resumed') }),
  z.object({ kind: z.literal('recounted') }),
])
const Heads = z.array(StepHead)

/** Packs steps; a map is written as its difference to the one of the same camera before it. */
export function packSteps(steps: readonly Step[]): Uint8Array {
  const maps: Uint8Array[] = []
  const last = new Map<string, Int8Array>()
  const heads = steps.map((step): z.infer<typeof StepHead> => {
    if (!('sights' in step)) return 'evidence' in step ? { ...step, evidence: [...step.evidence] } : step
    const { evidence, sights, ...head } = step
    const places = sights.map(({ camera, atSeconds, map: { width, height, cells } }) => {
      maps.push(subtract(cells, last.get(camera)))
      last.set(camera, cells)
      return { camera, atSeconds, width, height }
    })
    return { ...head, sights: places, ...(evidence?.length ? { evidence: [...evidence] } : {}) }
  })
  const json = Buffer.from(JSON.stringify(heads))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return deflateRawSync(Buffer.concat([length, json, ...maps]))
}

/** Unpacks a chunk. @throws Error where it is damaged. */
export function unpackSteps(chunk: Uint8Array): Step[] {
  const bytes = inflateRawSync(chunk)
  const headBytes = bytes.readUInt32LE(0)
  const heads = Heads.parse(JSON.parse(bytes.toString('utf8', 4, 4 + headBytes)))
  let offset = 4 + headBytes
  const last = new Map<string, Int8Array>()
  return heads.map((head): Step => {
    if (!('sights' in head)) return head
    const sights = head.sights.map(({ camera, atSeconds, width, height }): KeptSight => {
      const written = bytes.subarray(offset, offset + width * height)
      if (written.length < width * height) throw new RangeError('the chunk ends too early')
      offset += written.length
      const cells = add(written, last.get(camera))
      last.set(camera, cells)
      return { camera, atSeconds, map: { width, height, cells } }
    })
    return { ...head, sights }
  })
}

/** Differences wrap around at a byte, and so does their sum. */
function subtract(cells: Int8Array, last: Int8Array | undefined): Uint8Array {
  return Uint8Array.from(cells, (value, i) => value - (last?.[i] ?? 0))
}

function add(written: Uint8Array, last: Int8Array | undefined): Int8Array {
  return Int8Array.from(written, (value, i) => value + (last?.[i] ?? 0))
}
