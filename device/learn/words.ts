import { maskedShare } from '@layerwatch/shared/mask.ts'
import type { StoredTuning } from './store.ts'
import type { Tuning } from './tuning.ts'

/** What was learned, in sentences for the phone and the terminal. */
export function describeTuning({ masks, shift, usesBaseline }: Tuning): string[] {
  const places = Object.entries(masks).flatMap(([camera, boxes]) => {
    if (boxes.length === 0) return []
    const which = boxes.length === 1 ? 'one place' : `${boxes.length} places`
    const where = Object.keys(masks).length > 1 ? ` before ${camera}` : ''
    return [`Ignores ${which}${where}, ${percent(maskedShare({ boxes }))} of the picture.`]
  })
  return [
    ...places,
    ...(usesBaseline ? ['Holds pictures against what its own good prints usually show.'] : []),
    ...(shift === 0 ? [] : [describeShift(shift)]),
  ]
}

/** What a lesson changed on the printer's own history. */
export function describeGain({ before, after, prints, marks }: StoredTuning): string {
  const counted = prints === 1 ? 'its one known print' : `its ${prints} known prints`
  const marked = marks.length === 1 ? 'one mark' : `${marks.length} marks`
  return (
    `Learned from ${marked}; on ${counted}: false pauses ${before.falsePauses} → ${after.falsePauses}, ` +
    `missed failures ${before.missed} → ${after.missed}.`
  )
}

function describeShift(shift: number): string {
  const times = Math.exp(Math.abs(shift)).toFixed(1)
  return shift > 0
    ? `Pauses only on what good prints show ${times} times more rarely than its sensitivity says.`
    : `Pauses already on what good prints show ${times} times as often as its sensitivity says.`
}

export function percent(share: number): string {
  return `${share < 0.01 ? '1' : Math.round(100 * share)} %`
}
