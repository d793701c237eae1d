import { surroundCells } from '@layerwatch/shared/mask.ts'
import type { Box, Defect } from '@layerwatch/shared/vocabulary.ts'
import { type ChangeSums, natsOfChange } from './changes.ts'
import type { Sight } from './report.ts'
import type { Standout } from './scene.ts'

/** What speaks for one defect now, from whatever sense. */
export interface Finding {
  readonly defect: Defect
  /** ln of the hours of good printing in which this much is seen once. */
  readonly nats: number
  readonly place?: Box
  /** In a person's words. */
  readonly reason: string
  /** Where the evidence of layers says so: the layer it began at. */
  readonly beganAtLayer?: number
}

/** Two senses count together when both speak within this long. */
const togetherHours = 5 / 60

/** What a frame and the layers before it speak for, the strongest first. */
export function findDefects(parts: {
  sight: Sight
  standout: Standout | undefined
  /** What the printer's other cameras say to it. */
  note?: string | undefined
  changes: ChangeSums
  layerSeconds: number
}): Finding[] {
  const { sight, standout, note, changes, layerSeconds } = parts
  const changed = Object.values(changes).map(({ sum, strongest, beganAtLayer }): Finding => {
    const { defect, reason, place } = strongest
    const nats = natsOfChange({ sum, strongest, beganAtLayer }, layerSeconds)
    return { defect, nats, reason, beganAtLayer, ...(place ? { place } : {}) }
  })
  const described = standout ? [describeStandout(standout, sight)] : []
  const seen = note ? described.map((one) => ({ ...one, reason: `${one.reason} ${note}` })) : described
  return [...seen, ...changed].sort((a, b) => b.nats - a.nats)
}

/**
 * Findings, strongest first, joined: where two senses both see less than hourly things, good prints show both at once
 * far more rarely.
 */
export function agree(findings: readonly Finding[]): readonly Finding[] {
  const [first, second, ...others] = findings
  if (!first || !second || second.nats <= 0) return findings
  const reason = `${first.reason} ${second.reason}`
  return [{ ...first, nats: first.nats + second.nats - Math.log(togetherHours), reason }, second, ...others]
}

function describeStandout({ nats, cells, isFromStart }: Standout, sight: Sight): Finding {
  const { heat } = sight
  const place = surroundCells(cells, heat)
  const defect = nameDefectAt(cells, sight)
  if (isFromStart) {
    return { defect, nats, place, reason: 'It has looked like a failing print from its first picture on.' }
  }
  const looks = defect === 'failure' ? 'a failing print' : defect
  return {
    defect,
    nats,
    place,
    reason: `Something new ${whereIs(place)} looks like ${looks} and stays there.`,
  }
}

/** The most specific defect whose own map is hot where it rose. */
function nameDefectAt(cells: readonly number[], { defectMaps }: Sight): Defect {
  const named = defectMaps
    .filter(({ label }) => label !== 'failure')
    .map(({ label, cells: own }) => ({ label, mean: meanOver(own, cells) }))
    .filter(({ mean }) => mean >= 0.5)
    .sort((a, b) => b.mean - a.mean)
  return named[0]?.label ?? 'failure'
}

function meanOver(map: Readonly<Float32Array>, cells: readonly number[]): number {
  return cells.reduce((sum, cell) => sum + (map[cell] ?? 0), 0) / Math.max(1, cells.length)
}

function whereIs([left, top, width, height]: Box): string {
  const across = ['at the left', 'in the middle', 'at the right'][third(left + width / 2)] ?? ''
  const down = third(top + height / 2)
  if (down === 1) return `${across} of the picture`
  return `${across} of the picture's ${down === 0 ? 'upper' : 'lower'} part`
}

function third(share: number): number {
  return Math.min(2, Math.floor(share * 3))
}
