import type { Step } from './steps.ts'

/*
 * A false alarm stops its print, and with it what is known of the print. What alarmed was only just enough for a
 * pause, so a mask or a threshold that keeps this much quiet would not keep the next print quiet, in which it stays.
 * So such a print is judged as if it had gone on with what its last frames showed.
 */

/** Longer than the judgement looks back, which is 160 s and what a place needs to become usual. */
const goingOnSeconds = 600
/** More than one frame: their noise differs. */
const frames = 3

/** What a print's last frames would have shown, had nothing stopped it. */
export function goOn(steps: readonly Step[]): Step[] {
  const seen = steps.flatMap((step) => (step.kind === 'seen' ? [step] : [])).slice(-frames)
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last) return []
  const everySeconds = Math.max(1, (last.atSeconds - first.atSeconds) / Math.max(1, seen.length - 1))
  const count = Math.ceil(goingOnSeconds / everySeconds)
  return Array.from({ length: count }, (_, i) => {
    const step = seen[i % seen.length] ?? last
    const atSeconds = last.atSeconds + (i + 1) * everySeconds
    return {
      ...step,
      atSeconds,
      sights: step.sights.map((one) => ({ ...one, atSeconds })),
      evidence: undefined,
    }
  })
}
