import { maskedShare } from '@layerwatch/shared/mask.ts'
import { maxBoxShare } from '@layerwatch/shared/tuning.ts'
import { goodPrintsToLower } from './propose.ts'
import type { StoredTuning } from './store.ts'
import type { MarkOutcome, Tuning } from './tuning.ts'

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

/** What came of a mark: what it taught, or why nothing. */
export function describeOutcome({ came, layer }: MarkOutcome): string {
  switch (came) {
    case 'learned':
      return layer === undefined
        ? 'Learned: the same would not be paused any more.'
        : `Learned: the same would be paused at layer ${layer}.`
    case 'right-before':
      return layer === undefined
        ? 'Nothing to change: as things are judged now, this print is not paused.'
        : `Nothing to change: as things are judged now, this print is paused at layer ${layer}.`
    case 'taken-back':
      return 'You took back what this taught.'
    case 'not-kept':
      return 'Nothing learned: what was seen of this print was not kept.'
    case 'other-view':
      return 'Nothing learned: this print was watched with another model or another view, or is forgotten by now.'
    case 'too-large':
      return `Nothing learned: what looked like a failure fills more than may be ignored, ${percent(maxBoxShare)} of the picture.`
    case 'hides-failure':
      return 'Nothing learned: to ignore this place would miss a failure that you marked.'
    case 'nothing-helps':
      return 'Nothing learned: whatever keeps this print quiet makes others go worse.'
    case 'unseen':
      return 'Nothing learned: even the highest sensitivity sees no failure in what was kept of this print.'
    case 'few-good':
      return `Not yet: to act sooner, ${goodPrintsToLower} prints that went well must show that they stay quiet.`
    case 'pauses-good':
      return 'Nothing learned: to pause this print would pause good ones too.'
  }
}
