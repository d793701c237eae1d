/*
 * What a camera looks at, from 32×32 thumbnails: which cells of the picture stand still, and whether all of them
 * went the same way. Where the head, the bed or the camera itself keeps moving, few cells stand still and nothing
 * is claimed.
 */

const side = 32
const cells = side * side
/** Pictures an outlook is learned from. */
const learnFrames = 20
/**
 * Least share of cells that must stand still to tell anything. With a bed that moves below the camera, 0.12 to 0.33
 * of them do.
 */
const minStillShare = 0.1
/** Above this correlation in place nothing moved, and no shift is looked for. */
const unmoved = 0.9
/** Mean deviation, in luma steps, up to which a cell stands still. */
const stillDeviation = 12
/** How fast an outlook follows growing prints and wandering light, per picture. */
const following = 0.03
/** Furthest shift looked for, in cells: a quarter of the picture. */
const furthestCells = 8

/** What is usual in each cell. */
export interface Outlook {
  readonly frames: number
  readonly mean: Float32Array
  /** Mean distance from the mean. */
  readonly deviation: Float32Array
}

export const unknownOutlook: Outlook = {
  frames: 0,
  mean: new Float32Array(cells),
  deviation: new Float32Array(cells),
}

/** How a picture lies to what is usual; correlations of -1..1. */
export interface OutlookMatch {
  /** With nothing moved. */
  inPlace: number
  /** The best of all shifts, and that shift in parts of the picture. */
  shifted: number
  shift: { x: number; y: number }
}

/** Takes a picture into account: the first ones at once, later ones slowly. */
export function followOutlook(outlook: Outlook, thumbnail: Uint8Array): Outlook {
  const weight = Math.max(1 / (outlook.frames + 1), following)
  const deviationWeight = Math.max(1 / Math.max(outlook.frames, 1), following)
  const mean = outlook.mean.map((usual, cell) => usual + weight * ((thumbnail[cell] ?? 0) - usual))
  const deviation = outlook.deviation.map((usual, cell) => {
    const off = Math.abs((thumbnail[cell] ?? 0) - (outlook.mean[cell] ?? 0))
    // The first picture has nothing to deviate from.
    return outlook.frames === 0 ? 0 : usual + deviationWeight * (off - usual)
  })
  return { frames: outlook.frames + 1, mean, deviation }
}

/** Compares a picture with what is usual; undefined where nothing can be told. */
export function matchOutlook(outlook: Outlook, thumbnail: Uint8Array): OutlookMatch | undefined {
  if (outlook.frames < learnFrames) return undefined
  const still = Array.from({ length: cells }, (_, cell) => cell).filter(
    (cell) => (outlook.deviation[cell] ?? 0) <= stillDeviation,
  )
  if (still.length < minStillShare * cells) return undefined
  const inPlace = correlate(outlook.mean, thumbnail, { still, dx: 0, dy: 0 })
  if (inPlace === undefined) return undefined
  let best = { shifted: inPlace, x: 0, y: 0 }
  if (inPlace < unmoved) {
    for (let dy = -furthestCells; dy <= furthestCells; dy++) {
      for (let dx = -furthestCells; dx <= furthestCells; dx++) {
        const shifted = correlate(outlook.mean, thumbnail, { still, dx, dy })
        if (shifted !== undefined && shifted > best.shifted) best = { shifted, x: dx, y: dy }
      }
    }
  }
  return { inPlace, shifted: best.shifted, shift: { x: best.x / side, y: best.y / side } }
}

/** Correlation of the still cells with the picture moved by (dx, dy); undefined where they are too flat or few. */
function correlate(
  mean: Float32Array,
  thumbnail: Uint8Array,
  { still, dx, dy }: { still: readonly number[]; dx: number; dy: number },
): number | undefined {
  let [count, sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0, 0]
  for (const cell of still) {
    const x = (cell % side) + dx
    const y = Math.floor(cell / side) + dy
    if (x < 0 || y < 0 || x >= side || y >= side) continue
    const a = mean[cell] ?? 0
    const b = thumbnail[y * side + x] ?? 0
    count += 1
    sumA += a
    sumB += b
    sumAA += a * a
    sumBB += b * b
    sumAB += a * b
  }
  if (count < 0.5 * still.length) return undefined
  const varianceA = sumAA / count - (sumA / count) ** 2
  const varianceB = sumBB / count - (sumB / count) ** 2
  // Flat against flat says nothing.
  if (varianceA < 25 || varianceB < 1) return undefined
  return (sumAB / count - (sumA / count) * (sumB / count)) / Math.sqrt(varianceA * varianceB)
}
