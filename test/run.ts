import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureClient } from '../cloud/db/generate.ts'

/**
 * `npm test`: gets what the tests need beyond npm, then runs them; the heavy ones one at a time, since they
 * share two cores with the browsers and servers they start. `npm test -- e2e` runs what has `e2e` in its path.
 */

const root = path.resolve(import.meta.dirname, '..')
const heavy = /^test\/(contract|e2e|faults)\//

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'no-prepare': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  console.log('npm test [-- [--no-prepare] [WORD IN A PATH ...]]')
  process.exit(0)
}

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .map((file) => path.posix.join('test', file.split(path.sep).join('/')))
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word)))
  .sort()

if (files.length === 0) {
  console.error(`No test file has ${positionals.join(' or ')} in its path.`)
  process.exit(64)
}

await ensureClient(console.log)
if (!values['no-prepare']) {
  const { prepare } = await import('./setup/prepare.ts')
  await prepare()
}

const quick = files.filter((file) => !heavy.test(file))
const slow = files.filter((file) => heavy.test(file))
const codes = [await runTests(quick, 2), await runTests(slow, 1)]
process.exit(Math.max(...codes))

/** Runs test files with Node's runner, so many at a time; resolves with its exit code. */
function runTests(batch: string[], concurrency: number): Promise<number> {
  if (batch.length === 0) return Promise.resolve(0)
  const child = spawn(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${concurrency}`,
      '--test-timeout=300000',
      ...batch,
    ],
    { cwd: root, stdio: 'inherit' },
  )
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
}
