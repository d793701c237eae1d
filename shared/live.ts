import { z } from 'zod'
import { Detection, Id, Instant } from './vocabulary.ts'

/** What travels before the JPEG of a live frame. */
export const LiveHeader = z.object({
  printerId: Id,
  /** Names the picture; a resume may refer to it while it is fresh. */
  snapshotId: Id,
  at: Instant,
  /** Age of the frame when it was sent. */
  ageMs: z.number().min(0),
  layer: z.number().int().min(0).optional(),
  score: z.number().min(0).max(1).optional(),
  detections: z.array(Detection).max(32),
  /** The failure map, row by row from the upper left, each cell's probability as 0..255. */
  heat: z.object({ width: z.number().int(), height: z.number().int(), cells: z.base64() }).optional(),
})
export type LiveHeader = z.infer<typeof LiveHeader>

/** Header length (4 bytes, big-endian), header as JSON in UTF-8, JPEG. */
export function encodeLive(header: LiveHeader, jpeg: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(4 + json.length + jpeg.length)
  new DataView(bytes.buffer).setUint32(0, json.length)
  bytes.set(json, 4)
  bytes.set(jpeg, 4 + json.length)
  return bytes
}

/** The reverse of `encodeLive`; undefined where the bytes are not a live frame. */
export function decodeLive(bytes: Uint8Array): { header: LiveHeader; jpeg: Uint8Array } | undefined {
  if (bytes.length < 4) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  if (4 + length > bytes.length) return undefined
  const header = LiveHeader.safeParse(parseJson(new TextDecoder().decode(bytes.subarray(4, 4 + length))))
  return header.success ? { header: header.data, jpeg: bytes.subarray(4 + length) } : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
