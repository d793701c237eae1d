import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConfigError } from '@layerwatch/shared/errors.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const schemaFile = join(root, 'prisma/schema.prisma')
const memory = join(root, 'cloud/db/generated/schema.sha256')

/**
 * Makes the database client from the schema where it is missing or of an older schema; about two seconds, no
 * network. Whatever imports `cloud/db/client.ts` is imported after this.
 * @param tell hears that it takes a moment.
 */
export async function ensureClient(tell: (line: string) => void = () => {}): Promise<void> {
  const require = createRequire(import.meta.url)
  const prismaPackage = require.resolve('prisma/package.json')
  const digest = createHash('sha256')
    .update(readFileSync(schemaFile))
    .update(readFileSync(prismaPackage))
    .digest('hex')
  if (existsSync(memory) && readFileSync(memory, 'utf8') === digest) return
  tell('Making the database client (once) …')
  const program = join(dirname(prismaPackage), 'build/index.js')
  const args = [program, 'generate', '--config', join(root, 'prisma/prisma.config.ts')]
  // Prisma wants to download a schema engine that generating never calls: any program stands in for it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }
  try {
    await run(process.execPath, args, { cwd: join(root, 'prisma'), env, timeout: 120_000 })
  } catch (cause) {
    const problems = ['prisma generate failed; run npm ci again, and look whether the folder may be written']
    throw new ConfigError('The database client cannot be made', { cause, problems })
  }
  writeFileSync(memory, digest)
}

// `npm run check` needs the client's types before anything else.
if (import.meta.main) await ensureClient(console.log)
