import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { maxBytes } from '@layerwatch/shared/topics.ts'
import sharp from 'sharp'
import type { Change } from './changes.ts'
import type { Db } from './db/client.ts'
import { findIncidentIdsOfSnapshot } from './db/incidents.ts'
import { findActiveDevice } from './db/printers.ts'
import { ensureSnapshot, setSnapshotBytes } from './db/snapshots.ts'
import { isJpeg } from './live-frames.ts'
import type { Verdict } from './mqtt.ts'

/** What pictures work with. */
export interface PictureContext {
  db: Db
  /** Folder the cloud keeps its files in. */
  dataDir: string
  now: () => Date
  onChanges: (changes: readonly Change[]) => void
}

/** Twelve megapixels: more than any camera the agent speaks to, and decoded in well under the time limit. */
const maxPixels = 12_000_000
const maxSide = 1920
const decodeSeconds = 2

/**
 * Stores one picture: checked, drawn anew without what else the file may carry, on disk before its row says
 * so. It may come before or after the event that describes it.
 * @throws RejectedError where it is no picture of this device, UnavailableError where the disk refuses.
 */
export async function storePicture(
  context: PictureContext,
  { deviceId, snapshotId, jpeg }: { deviceId: string; snapshotId: string; jpeg: Uint8Array },
): Promise<Verdict> {
  const { db, dataDir } = context
  const device = await findActiveDevice(db, deviceId)
  if (!device) throw new RejectedError('the device is not paired')
  const { organisationId } = device
  const row = await ensureSnapshot(db, { id: snapshotId, deviceId, organisationId, at: context.now() })
  if (!row) throw new RejectedError('the picture is another device’s')
  if (row.bytes !== null) return { id: snapshotId, result: 'duplicate' }
  const redrawn = await redraw(jpeg)
  await writeWhole(picturePath(dataDir, snapshotId), redrawn)
  const { printerId } = await setSnapshotBytes(db, snapshotId, redrawn.length)
  if (printerId) {
    const incidentIds = await findIncidentIdsOfSnapshot(db, snapshotId, printerId)
    const incidents = incidentIds.map((incidentId) => ({ kind: 'incident' as const, printerId, incidentId }))
    context.onChanges([{ kind: 'printer', printerId }, ...incidents])
  }
  return { id: snapshotId, result: 'stored' }
}

/**
 * Decodes a JPEG and encodes it again: nothing but its pixels passes.
 * @throws RejectedError where it is none, is too large, is broken or takes too long.
 */
export async function redraw(jpeg: Uint8Array): Promise<Buffer> {
  if (jpeg.length > maxBytes.snapshot) throw new RejectedError('the picture is too large')
  if (!isJpeg(jpeg)) throw new RejectedError('the picture is no JPEG')
  try {
    const picture = sharp(jpeg, { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true })
    return await picture
      .autoOrient()
      .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .timeout({ seconds: decodeSeconds })
      .toBuffer()
  } catch (cause) {
    throw new RejectedError('the picture can’t be decoded', { cause })
  }
}

/** Where a picture lies. The last two digits are random, so that folders fill evenly. */
export function picturePath(dataDir: string, snapshotId: string): string {
  return path.join(dataDir, 'pictures', snapshotId.slice(-2), `${snapshotId}.jpg`)
}

/** A stored picture's bytes; undefined where the disk does not have it. */
export async function readPicture(dataDir: string, snapshotId: string): Promise<Buffer | undefined> {
  try {
    return await readFile(picturePath(dataDir, snapshotId))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new UnavailableError('the picture can’t be read', { cause: error })
  }
}

/** Written beside its place and moved there: what is there is whole, also after a power cut. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const folder = path.dirname(file)
  const fresh = `${file}.${process.pid}.new`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const handle = await open(fresh, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
    const parent = await open(folder, 'r')
    await parent.sync().finally(() => parent.close())
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {})
    throw new UnavailableError('the picture can’t be written', { cause })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
