import { type Figure, isReached } from '../figure.ts'

/** Rows for people and programs alike. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** What one part of the measuring came to. */
export interface Section {
  readonly figures: readonly Figure[]
  readonly tables: readonly Table[]
}

/** A section as people read it. */
export function formatSection({ figures, tables }: Section): string {
  return [...figures.map(formatFigure), ...tables.map(formatTable)].join('\n')
}

function formatFigure(figure: Figure): string {
  const { name, value, unit, reach, detail } = figure
  const goal = reach === undefined ? '' : `  (at most ${reach})`
  const mark = isReached(figure) ? '✓' : '✗'
  return `${reach === undefined ? '·' : mark} ${name}: ${short(value)} ${unit}${goal}\n    ${detail}`
}

function formatTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? short(cell) : cell)),
  )
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
  return [`\n${title}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Three digits, which is more than any of these figures is sure of. */
export function short(value: number): string {
  if (value === Infinity) return 'never'
  if (Number.isNaN(value)) return '–'
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
