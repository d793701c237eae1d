import { readFileSync } from 'node:fs'
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'

/*
 * Keys that printers gave this device at its own request, in a file of the agent's own. They are found by the
 * printer's address, so that a printer may be renamed.
 */

const Keys = z.record(z.string(), z.string().min(1))

export function printerKeysFile(dataDir: string): string {
  return join(dataDir, 'printer-keys.json')
}

/** The key a printer at this address gave; undefined where it gave none. @throws ConfigError */
export function readPrinterKey(dataDir: string, url: string): string | undefined {
  return readKeys(printerKeysFile(dataDir))[url]
}

/** Keeps a key, readable by the agent's user alone. A crash leaves the old file or the new one. */
export async function keepPrinterKey(dataDir: string, url: string, key: string): Promise<void> {
  const file = printerKeysFile(dataDir)
  const keys = { ...readKeys(file), [url]: key }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.new`
  await writeFile(draft, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
  // One that was left there by a crash keeps the mode it has.
  await chmod(draft, 0o600)
  await rename(draft, file)
}

function readKeys(file: string): Record<string, string> {
  try {
    return Keys.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new ConfigError(`${file} can't be read: remove it and run npm run agent -- pair-printer again`, {
      cause,
    })
  }
}
