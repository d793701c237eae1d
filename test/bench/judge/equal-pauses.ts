import type { RecordedPrint } from './good-run.ts'
import type { Rule } from './rule.ts'

/*
 * The threshold at which another rule pauses good prints as often as Layerwatch does on the same streams. Every
 * pause counts, also those after a person looked and resumed, and after each the rule begins anew.
 */

/** How often a rule pauses one good print at a threshold; counting ends once it is more than `most`. */
export function countPausesOf(
  rule: Rule,
  print: RecordedPrint,
  { threshold, most }: { threshold: number; most: number },
): number {
  let gauge = rule.start(print.usualScore)
  let pauses = 0
  for (let at = 0; at < print.scores.length && pauses <= most; at++) {
    if (gauge(frameOf(print, at)) < threshold) continue
    pauses++
    gauge = rule.start(print.usualScore)
  }
  return pauses
}

/** The highest number that a rule reaches in each print: a print below the threshold needs no second look. */
export function peaksOf(rule: Rule, prints: readonly RecordedPrint[]): number[] {
  return prints.map((print) => {
    const gauge = rule.start(print.usualScore)
    let peak = -Infinity
    for (let at = 0; at < print.scores.length; at++) peak = Math.max(peak, gauge(frameOf(print, at)))
    return peak
  })
}

const finerSteps = 8

/** The least threshold, to within a few steps, at which a rule pauses no more often than `most` in all. */
export function thresholdFor(rule: Rule, prints: readonly RecordedPrint[], most: number): number {
  const peaks = peaksOf(rule, prints)
  const pausesAt = (threshold: number) => {
    let pauses = 0
    for (const [at, print] of prints.entries()) {
      if ((peaks[at] ?? -Infinity) < threshold) continue
      pauses += countPausesOf(rule, print, { threshold, most: most - pauses })
      if (pauses > most) return pauses
    }
    return pauses
  }
  // Just above each print's peak: there the print is left alone. The highest is always good enough.
  const candidates = peaks.map(justAbove).sort((a, b) => a - b)
  let [low, high] = [0, candidates.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (pausesAt(candidates[middle] ?? Infinity) <= most) high = middle
    else low = middle + 1
  }
  // Between two prints' peaks a print may be paused now and then and still be within what is allowed.
  let enough = candidates[high] ?? Infinity
  let tooLow = candidates[high - 1] ?? enough
  for (let step = 0; step < finerSteps && tooLow < enough; step++) {
    const middle = (tooLow + enough) / 2
    if (pausesAt(middle) <= most) enough = middle
    else tooLow = middle
  }
  return enough
}

function frameOf({ scores, xs, ys, intervalSeconds }: RecordedPrint, at: number) {
  return {
    atSeconds: (at + 1) * intervalSeconds,
    score: scores[at] ?? 0,
    place: { x: xs[at] ?? 0, y: ys[at] ?? 0 },
  }
}

/** The next number up: pausing is at or above the threshold. */
function justAbove(value: number): number {
  return value + Math.max(Number.MIN_VALUE, Math.abs(value) * 2 ** -52)
}
