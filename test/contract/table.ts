/*
 * The results of the contract suites as a table for each port: a row for each case, a column for each adapter.
 */

/** One case of one suite. `suite` is the title of its describe. */
export interface CaseResult {
  suite: string
  /** Absent where the whole suite was left out. */
  name?: string
  result: 'passed' | 'failed' | 'skipped'
  reason?: string
}

interface Place {
  port: string
  adapter: string
}

const titles: [RegExp, string][] = [
  [/^a printer behind (?<adapter>.+?)(, misbehaving)?$/, 'printer'],
  [/^a camera: (?<adapter>.+)$/, 'camera'],
  [/^(?<adapter>(a faulty (.+ )?camera.*|an MJPEG stream))$/, 'camera'],
  [/^care for a paused printer behind (?<adapter>.+)$/, 'care'],
  [/^a light (?<adapter>.+)$/, 'light'],
  [/^the pins (?<adapter>.+)$/, 'pins'],
  [/^the detector on (?<adapter>.+)$/, 'detector'],
]
const marks = { passed: '✔', failed: '✖', skipped: '–' }

/** Which port and adapter a suite's title names. */
export function placeSuite(title: string): Place {
  for (const [pattern, port] of titles) {
    const adapter = pattern.exec(title)?.groups?.adapter
    if (adapter !== undefined) return { port, adapter }
  }
  return { port: 'other', adapter: title }
}

/** The tables as lines of text, with why a case was left out below each. */
export function drawTables(results: readonly CaseResult[]): string[] {
  const byPort = Map.groupBy(results, ({ suite }) => placeSuite(suite).port)
  return [...byPort].flatMap(([port, ofPort]) => drawPort(port, ofPort))
}

function drawPort(port: string, results: readonly CaseResult[]): string[] {
  const adapters = unique(results.map(({ suite }) => placeSuite(suite).adapter))
  const cases = unique(results.flatMap(({ name }) => name ?? []))
  const width = Math.max(...cases.map((name) => name.length), port.length)
  const numbers = adapters.map((_, index) => String(index + 1).padStart(2))
  const rows = cases.map((name) => {
    const cells = adapters.map((adapter) => markOf(results, { adapter, name }).padStart(2))
    return `${name.padEnd(width)}  ${cells.join(' ')}`.trimEnd()
  })
  return [
    '',
    `${port.padEnd(width)}  ${numbers.join(' ')}`,
    ...rows,
    '',
    ...adapters.map((adapter, index) => `${String(index + 1).padStart(2)}  ${adapter}`),
    ...reasonsOf(results),
  ]
}

function markOf(
  results: readonly CaseResult[],
  { adapter, name }: { adapter: string; name: string },
): string {
  const mine = results.filter(({ suite }) => placeSuite(suite).adapter === adapter)
  const found = mine.find((one) => one.name === name)
  if (found !== undefined) return marks[found.result]
  return mine.every((one) => one.name === undefined) ? marks.skipped : ''
}

function reasonsOf(results: readonly CaseResult[]): string[] {
  const left = results.filter(({ result, reason }) => result === 'skipped' && reason)
  return unique(
    left.map(({ suite, name, reason }) => {
      const { adapter } = placeSuite(suite)
      return ` –  ${adapter}${name === undefined ? '' : `, ${name}`}: ${reason}`
    }),
  )
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)]
}
