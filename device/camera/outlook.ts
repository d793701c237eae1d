/*
 * What a camera looks at, from 64×64 thumbnails: which cells of the picture stand still, and whether all of them
 * went the same way. Where the head, the bed or the camera itself keeps moving, few cells stand still and nothing
 * is claimed.
 */

/** Cells along a side of the thumbnail. */
export const side = 64
const cells = side * side
/** Pictures an outlook is learned from. */
const learnFrames = 20
/**
 * Least share of cells that must stand still to tell anything. With a bed that moves below the camera, 0.05 to 0.47
 * of them do.
 */
const minStillShare = 0.04
/** Mean deviation, in luma steps, up to which a cell stands still. */
const stillDeviation = 12
/** How fast an outlook follows growing prints and wandering light, per picture. */
const following = 0.03

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

/** Furthest shift that is looked for, in cells: a quarter of the picture. */
const furthest = 16
/** Shifts along a side of the search. */
const span = 2 * furthest + 1
/** Above this correlation in place nothing moved by a cell and more, and no shift is tried. */
const unmoved = 0.7
/** Most cells that a shift is tried on: those whose edges tell most. A search takes 5 ms on a desktop's core. */
const mostTried = 500
/** A peak is as wide as edges are: a cell each way. */
const peakWidth = 1
/** Regions along a side of the picture, and least cells of one that must stand still. */
const regionsAlong = 8
const leastInRegion = 12
/** Mean square of the edges, in luma steps, from which a region shows anything. */
const leastStructure = 4

/** A way that all of the picture may have gone, in cells of the thumbnail. */
export interface Shift {
  readonly x: number
  readonly y: number
}

/** How a picture lies to what is usual; correlations of -1..1. */
export interface OutlookMatch {
  /** With nothing moved, and at the best of all shifts. */
  readonly inPlace: number
  readonly shifted: number
  readonly shift: Shift
  /** The best of those that are another place: near the best, where a pattern repeats. */
  readonly rival: number
  /** Regions with structure: of how many it can be told, how many went by the shift, and how many stayed. */
  readonly told: number
  readonly went: number
  readonly stayed: number
}

/** Compares a picture with what is usual, by edges, which light leaves alone; undefined where nothing can be told. */
export function matchOutlook(outlook: Outlook, thumbnail: Uint8Array): OutlookMatch | undefined {
  if (outlook.frames < learnFrames) return undefined
  const still = findStill(outlook)
  if (still.length < minStillShare * cells) return undefined
  const [usual, now] = [edgesOf(outlook.mean), edgesOf(Float32Array.from(thumbnail))]
  const inPlace = correlate({ usual, now, cells: still }, { x: 0, y: 0 })
  if (inPlace === undefined) return undefined
  const none = { shift: { x: 0, y: 0 }, rival: 0, told: 0, went: 0, stayed: 0 }
  if (inPlace >= unmoved) return { inPlace, shifted: inPlace, ...none }
  const { shift, shifted, rival } = findPeak({ usual, now, cells: strongest(still, usual) })
  const regions = splitInRegions(still)
    .filter((region) => region.length >= leastInRegion && structureOf(usual, region) >= leastStructure)
    .map((region) => askRegion({ usual, now, cells: region }, shift))
  const count = (said: 'went' | 'stayed') => regions.filter((one) => one === said).length
  const told = regions.filter((one) => one !== undefined).length
  return { inPlace, shifted, shift, rival, told, went: count('went'), stayed: count('stayed') }
}

/** Cells that are compared: edges as usual and now, and which of them. */
interface Pair {
  readonly usual: Float32Array
  readonly now: Float32Array
  readonly cells: Uint16Array
}

/** The cells that stand still; those at the border have no surroundings. */
function findStill({ deviation }: Outlook): Uint16Array {
  const still: number[] = []
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const cell = y * side + x
      if ((deviation[cell] ?? 0) <= stillDeviation) still.push(cell)
    }
  }
  return Uint16Array.from(still)
}

/** The cells with the most of an edge, in no order. */
function strongest(still: Uint16Array, edges: Float32Array): Uint16Array {
  if (still.length <= mostTried) return still
  const strength = (cell: number) => Math.abs(edges[cell] ?? 0)
  return still.toSorted((a, b) => strength(b) - strength(a)).subarray(0, mostTried)
}

/** The best of all shifts, and how good the best is that is another place. */
function findPeak(pair: Pair): Pick<OutlookMatch, 'shift' | 'shifted' | 'rival'> {
  const surface = new Float32Array(span * span)
  let best = 0
  for (let at = 0; at < surface.length; at++) {
    surface[at] = correlate(pair, shiftAt(at)) ?? -1
    if ((surface[at] ?? -1) > (surface[best] ?? -1)) best = at
  }
  const shift = shiftAt(best)
  let rival = -1
  for (let at = 0; at < surface.length; at++) {
    const { x, y } = shiftAt(at)
    if (Math.max(Math.abs(x - shift.x), Math.abs(y - shift.y)) <= peakWidth) continue
    rival = Math.max(rival, surface[at] ?? -1)
  }
  return { shift, shifted: surface[best] ?? -1, rival }
}

function shiftAt(at: number): Shift {
  return { x: (at % span) - furthest, y: Math.floor(at / span) - furthest }
}

/** Correlation with the picture moved by a shift; undefined where too little is left in view or it is too flat. */
function correlate({ usual, now, cells: compared }: Pair, { x: dx, y: dy }: Shift): number | undefined {
  let [count, usualSquares, nowSquares, products] = [0, 0, 0, 0]
  for (const cell of compared) {
    const x = (cell & (side - 1)) + dx
    const y = Math.floor(cell / side) + dy
    if (x < 1 || y < 1 || x >= side - 1 || y >= side - 1) continue
    const a = usual[cell] ?? 0
    const b = now[y * side + x] ?? 0
    count += 1
    usualSquares += a * a
    nowSquares += b * b
    products += a * b
  }
  if (count < 0.5 * compared.length || usualSquares < count) return undefined
  // Edges have no mean worth taking out. What shows nothing now matches nothing.
  return nowSquares < 0.5 * count ? 0 : products / Math.sqrt(usualSquares * nowSquares)
}

/** Correlation at which a region is where it is looked for, and how much more than elsewhere. */
const isThere = 0.5
const isMoreThere = 0.2

/** Whether a region went by the shift or stayed; undefined where neither is plain, as where a print grew over it. */
function askRegion(pair: Pair, shift: Shift): 'went' | 'stayed' | 'gone' | undefined {
  const stayed = correlate(pair, { x: 0, y: 0 })
  const went = correlate(pair, shift)
  if (stayed === undefined || went === undefined) return undefined
  if (went >= isThere && went - stayed >= isMoreThere) return 'went'
  return stayed >= isThere && stayed - went >= isMoreThere ? 'stayed' : 'gone'
}

function splitInRegions(still: Uint16Array): Uint16Array[] {
  const size = side / regionsAlong
  const regions = Array.from({ length: regionsAlong ** 2 }, (): number[] => [])
  for (const cell of still) {
    const row = Math.floor(cell / side / size)
    regions[row * regionsAlong + Math.floor((cell % side) / size)]?.push(cell)
  }
  return regions.map((region) => Uint16Array.from(region))
}

/** Mean square of the edges of some cells. */
function structureOf(edges: Float32Array, of: Uint16Array): number {
  let squares = 0
  for (const cell of of) squares += (edges[cell] ?? 0) ** 2
  return squares / of.length
}

/** What each cell has over the mean of the 3×3 cells around it; at the border of those there are. */
function edgesOf(map: Float32Array): Float32Array {
  return map.map((value, cell) => {
    const [column, row] = [cell % side, Math.floor(cell / side)]
    let [sum, count] = [0, 0]
    for (let y = Math.max(0, row - 1); y <= Math.min(side - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(side - 1, column + 1); x++) {
        sum += map[y * side + x] ?? 0
        count += 1
      }
    }
    return value - sum / count
  })
}
