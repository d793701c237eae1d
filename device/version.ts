import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Version of this agent, as its package says. */
export function readVersion(): string {
  const text = readFileSync(new URL('./package.json', import.meta.url), 'utf8')
  return z.looseObject({ version: z.string() }).parse(JSON.parse(text)).version
}
