import type { Defect } from './vocabulary.ts'

/** What a person calls each defect, as a title has it. */
const defectNames: Record<Defect, string> = {
  failure: 'Failure',
  spaghetti: 'Spaghetti',
  warping: 'Warping',
  no_growth: 'Nothing grows',
  layer_shift: 'Layer shift',
  detached: 'Part came loose',
  broken_off: 'Part broken off',
  stray_material: 'Stray material',
}

const names: Readonly<Record<string, string>> = defectNames

/** A defect's name, capitalised; one of a later version is said as it calls itself. */
export function nameDefect(defect: string): string {
  return names[defect] ?? defect
}
