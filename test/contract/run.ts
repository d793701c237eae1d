import { readdirSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { ensureClient } from '../../cloud/db/generate.ts'
import type { CaseResult } from './table.ts'
import { drawTables } from './table.ts'

/**
 * `npm run test:contract`: the suites of all ports on all their adapters, one after the other, and a table of what
 * each adapter keeps. `npm run test:contract -- bambu moonraker` runs the files with one of these words in their
 * name.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-prepare': { type: 'boolean', default: false } },
})

const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word)))
  .sort()
  .map((file) => path.join(import.meta.dirname, file))
if (files.length === 0) {
  console.error(`No contract test has ${positionals.join(' or ')} in its name.`)
  process.exit(64)
}
await ensureClient(console.log)
if (!values['no-prepare']) await (await import('../setup/prepare.ts')).prepare()

const results: CaseResult[] = []
const failures: string[] = []
let suite = ''
const events = run({ files, concurrency: 1, timeout: 300_000 })
events.on('test:start', ({ name, nesting }) => {
  if (nesting === 0) suite = name
})
events.on('test:pass', (told) => {
  const { skip } = told
  const reason = typeof skip === 'string' ? skip : undefined
  const result = skip === undefined || skip === false ? 'passed' : 'skipped'
  take(told, { result, ...(reason !== undefined && { reason }) })
})
events.on('test:fail', (told) => {
  take(told, { result: 'failed' })
  const { error } = told.details
  const cause = error.cause instanceof Error ? error.cause : error
  failures.push(`✖ ${suite}: ${told.name}\n  ${String(cause.stack).replaceAll('\n', '\n  ')}`)
})

/** Keeps the cases themselves, and a suite only where it was left out as a whole. */
function take(
  { name, nesting }: { name: string; nesting: number },
  result: Pick<CaseResult, 'result' | 'reason'>,
): void {
  if (nesting === 1) results.push({ suite, name, ...result })
  if (nesting === 0 && result.result === 'skipped') results.push({ suite: name, ...result })
}

for await (const _event of events);
console.log(drawTables(results).join('\n'))
if (failures.length > 0) {
  console.log(`\n${failures.join('\n')}`)
  process.exitCode = 1
}
