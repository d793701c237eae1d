import { defaultSensitivity, watchLikeLayerwatch } from './layerwatch.ts'
import { toJudgement } from './picture.ts'
import type { Section } from './report.ts'
import { seeOnce } from './rule.ts'
import { rules } from './rules.ts'
import type { ScoredFrame } from './score.ts'
import type { Setup } from './setup.ts'

/** Print seconds that one picture of a time-lapse with a frame a layer stands for. */
const layerSeconds = 60

/** Good real prints in their order: whatever is paused here was paused wrongly. */
export function measureSequences(setup: Setup): Section {
  const runs = [...setup.sequences].map(([name, frames]) => watchSequence(setup, name, frames))
  if (runs.length === 0) return { figures: [], tables: [] }
  const paused = runs.filter(({ pauses }) => pauses > 0).length
  const heldOut = runs.filter(({ part }) => part === 'test')
  const rows = runs
    .filter(
      ({ part, pauses, warnings, others }) => part === 'test' || pauses + warnings > 0 || others.length > 0,
    )
    .map((run) => [run.name, run.part, run.frames, run.pauses, run.warnings, run.others.join(', ') || 'none'])
  return {
    figures: [
      {
        name: 'good real sequences paused',
        value: paused,
        unit: `of ${runs.length}`,
        reach: 0,
        detail:
          `${runs.reduce((sum, { frames }) => sum + frames, 0)} frames in order; ${heldOut.length} of the sequences ` +
          `are held out, of which ${heldOut.filter(({ pauses }) => pauses > 0).length} are paused; ` +
          `${runs.reduce((sum, { warnings }) => sum + warnings, 0)} warnings`,
      },
    ],
    tables: [
      {
        title: 'Good real sequences: those held out, and any that somebody pauses',
        columns: [
          'sequence',
          'part',
          'frames',
          'pauses',
          'warnings',
          "others' rules that pause it, documented",
        ],
        rows,
      },
    ],
  }
}

function watchSequence(setup: Setup, name: string, frames: readonly ScoredFrame[]) {
  const watch = watchLikeLayerwatch(defaultSensitivity)
  const gauges = rules.map((rule) => ({ rule, gauge: rule.start(0), peak: -Infinity }))
  let [pauses, warnings] = [0, 0]
  for (const frame of frames.toSorted((a, b) => (a.frame ?? 0) - (b.frame ?? 0))) {
    const seen = { ...seeOnce(toJudgement(frame.map, setup.answers)), ...placeOf(frame) }
    const said = watch.see(seen)
    if (said === 'warn') warnings++
    if (said === 'pause') {
      pauses++
      watch.resume()
    }
    for (const gauging of gauges) gauging.peak = Math.max(gauging.peak, gauging.gauge(seen))
  }
  const others = gauges.filter(({ rule, peak }) => peak >= rule.documented).map(({ rule }) => rule.name)
  return { name, part: frames[0]?.part ?? 'train', frames: frames.length, pauses, warnings, others }
}

/** A run's frames are named by their second, a time-lapse's by their layer. */
function placeOf({ source, frame = 0 }: ScoredFrame): { atSeconds: number; layer: number } {
  if (source === 'timelapseplus') return { atSeconds: frame * layerSeconds, layer: frame + 1 }
  return { atSeconds: frame, layer: Math.floor(frame / layerSeconds) + 1 }
}
