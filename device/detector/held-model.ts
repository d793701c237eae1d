import { cp, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type OpenedDetector, type OpenOptions, openDetector } from './open.ts'

/*
 * A new model comes only between prints: what a print showed so far, its thresholds and its baseline belong to the
 * model that saw it. So the model in use is kept in the data folder, where no update replaces it, and an agent that
 * comes back to a print under way judges it to its end with that one.
 */

const heldFolder = 'model-in-use'
/** What made the weights is no part of them. */
const left = ['training']

interface HoldOptions extends Omit<OpenOptions, 'choiceFile'> {
  dataDir: string
  choiceFile: string
  /** A print was under way when the agent was last there. */
  isPrinting: boolean
}

/** Opens the detector with the model that is due; `isHeld` where that is the one before. */
export async function openDueDetector(
  { dataDir, isPrinting, ...options }: HoldOptions,
  signal: AbortSignal,
): Promise<OpenedDetector & { isHeld: boolean }> {
  const { modelDir, log } = options
  const held = join(dataDir, heldFolder)
  const [due, inUse] = await Promise.all([readManifest(modelDir), readManifest(held)])
  if (isPrinting && inUse !== undefined && inUse !== due) {
    try {
      const opened = await openDetector({ ...options, modelDir: held }, signal)
      log.info(
        { ...nameOf(opened) },
        'a print is under way: its model judges it to the end, the new one comes after',
      )
      return { ...opened, isHeld: true }
    } catch (error) {
      signal.throwIfAborted()
      log.warn(
        { err: error },
        'the model of the print under way can not be used; the new one judges from here on',
      )
    }
  }
  const opened = await openDetector(options, signal)
  if (inUse !== due) await hold(modelDir, held).catch((err: unknown) => log.warn({ err }, 'model not kept'))
  return { ...opened, isHeld: false }
}

const nameOf = ({ detector: { modelSha256 } }: OpenedDetector) => ({ modelSha256 })

/** What names a model and all that belongs to it; undefined where there is none. */
async function readManifest(dir: string): Promise<string | undefined> {
  return readFile(join(dir, 'manifest.json'), 'utf8').catch(() => undefined)
}

/** A copy that a power cut left unfinished never takes the place of a whole one. */
async function hold(modelDir: string, held: string): Promise<void> {
  const copy = `${held}.new`
  await rm(copy, { recursive: true, force: true })
  await cp(modelDir, copy, { recursive: true, filter: (path) => !left.includes(basename(path)) })
  await rm(held, { recursive: true, force: true })
  await rename(copy, held)
}
