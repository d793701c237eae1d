/** One measured figure beside what it is to reach. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** Largest value that is good enough; undefined where the figure is only reported. */
  reach?: number
  /** What it was measured on, and spread. */
  detail: string
}

export function isReached({ value, reach }: Figure): boolean {
  return reach === undefined || value <= reach
}

/** Value below which a share of the values lies, by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function spread(values: readonly number[], unit: string): string {
  const [low, middle, high] = [quantile(values, 0), median(values), quantile(values, 1)].map((value) =>
    Math.round(value),
  )
  return `least ${low}, median ${middle}, most ${high} ${unit}; n = ${values.length}`
}
