import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fitJpeg } from './fit-jpeg.ts'

/** Largest picture of a layer, and what is kept in all. */
export const maxLayerPictureBytes = 40_000
const maxPrints = 20
const maxTotalBytes = 2 * 1024 ** 3

/** Stores one picture a layer of each printer's last prints; they stay on the device. */
export class LayerPictures {
  readonly #folder: string
  readonly #known = new Set<string>()

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'pictures')
  }

  /** Where the picture of a layer is, whether it is there or not. */
  fileOf(printId: string, layer: number): string {
    return join(this.#folder, printId, `${String(layer).padStart(5, '0')}.jpg`)
  }

  /** Stores a layer's picture, shrunk; where the print is new, the oldest prints make room for it. */
  async keep(printId: string, layer: number, jpeg: Uint8Array): Promise<void> {
    const picture = await fitJpeg(jpeg, maxLayerPictureBytes)
    if (!picture) return
    if (!this.#known.has(printId)) {
      this.#known.add(printId)
      await mkdir(join(this.#folder, printId), { recursive: true })
      await this.#prune(printId)
    }
    const file = this.fileOf(printId, layer)
    try {
      await writeFile(file, picture)
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  async #prune(newest: string): Promise<void> {
    const names = await readdir(this.#folder)
    const prints = await Promise.all(names.map((name) => measure(join(this.#folder, name))))
    const oldestLast = prints
      .filter(({ path }) => !path.endsWith(newest))
      .sort((a, b) => b.changedMs - a.changedMs)
    let bytes = 0
    for (const [index, { path, bytes: own }] of oldestLast.entries()) {
      bytes += own
      if (index >= maxPrints - 1 || bytes > maxTotalBytes) await rm(path, { recursive: true, force: true })
    }
  }
}

async function measure(path: string): Promise<{ path: string; changedMs: number; bytes: number }> {
  const files = await readdir(path).catch(() => [])
  const { mtimeMs } = await stat(path)
  // A picture's size varies little below its limit; the limit itself is the safe count.
  return { path, changedMs: mtimeMs, bytes: files.length * maxLayerPictureBytes }
}
