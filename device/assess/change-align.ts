import { fitLight, isOtherLight, type Light, median } from './change-light.ts'
import { type GreyPicture, movePicture, shrinkPicture } from './grey.ts'

/*
 * Lays a picture over an earlier one of the same camera: the shake of the camera and the change of its light are
 * taken out, or it is said that the two cannot be compared. Blocks vote, so that the head, the part and whatever
 * else moves do not pull the whole picture along.
 */

/** How a picture lies over an earlier one. */
export interface Fit {
  /** How far the picture must be moved to lie over the earlier one, in pixels. */
  readonly dx: number
  readonly dy: number
  /** Light that makes it as bright as the earlier one: gain × luma + offset. */
  readonly gain: number
  readonly offset: number
  /** Share of the picture's detailed blocks, 0..1, that lie where this says and look the same. */
  readonly agreement: number
}

/** Share of the still blocks that must lie where they did: less is another view, or another light. */
export const leastAgreement = 0.35

const coarseFactor = 4
/** Search around the expected place, in pixels of the shrunk picture and of the whole one. */
const coarseReach = 6
const fineReach = 3
const blockSize = 16
/** Blocks across and down from which the most detailed third are taken. */
const maxBlocks = 48
/** Two blocks show the same where their normalised correlation is at least this. */
const sameBlock = 0.7
/** A block agrees with a shift within this many pixels. */
const nearby = 1.25

interface Block {
  readonly x: number
  readonly y: number
  /** Standard deviation in luma steps. */
  readonly detail: number
}

interface Match {
  readonly dx: number
  readonly dy: number
  readonly correlation: number
}

/** What a picture is laid over: an earlier one, and where in it nothing moved. */
export interface Reference {
  readonly picture: GreyPicture
  /** 1 where the pixel is known to stand still, 0 elsewhere. */
  readonly still: Uint8Array
}

/** Finds how `picture` lies over an earlier one of its size. */
export function fitPicture(reference: Reference, picture: GreyPicture): Fit {
  const earlier = reference.picture
  const blocks = pickBlocks(reference, blockSize)
  const detailed = blocks.filter(({ detail }) => detail >= leastDetail).slice(0, maxBlocks)
  const found = findShift(reference, picture, detailed)
  const moved = judgeShift({ earlier, picture, blocks }, found)
  if (found.dx === 0 && found.dy === 0) return moved
  // A wall of tiles looks alike from tile to tile: what agrees as well where it lies was not moved.
  const still = judgeShift({ earlier, picture, blocks }, { dx: 0, dy: 0 })
  return moved.agreement > still.agreement ? moved : still
}

/** How a picture fits where a shift puts it. */
function judgeShift(
  at: { earlier: GreyPicture; picture: GreyPicture; blocks: readonly Block[] },
  shift: { dx: number; dy: number },
): Fit {
  const pairs = at.blocks
    .map((block) => pairBlock({ ...at, block, shift }))
    .filter((pair) => pair !== undefined)
  const light = fitLight(pairs)
  const agreeing = pairs.filter((pair) => looksSame(pair, light))
  const agreement = at.blocks.length === 0 || isOtherLight(light) ? 0 : agreeing.length / at.blocks.length
  return { ...shift, ...light, agreement }
}

/** A block's means in both pictures, and how alike it is; alike is undefined where it has no detail. */
interface Pair {
  readonly before: number
  readonly now: number
  readonly correlation: number | undefined
}

function pairBlock(at: {
  earlier: GreyPicture
  picture: GreyPicture
  block: Block
  shift: { dx: number; dy: number }
}): Pair | undefined {
  const { earlier, picture, block, shift } = at
  const [dx, dy] = [Math.round(-shift.dx), Math.round(-shift.dy)]
  const { x, y } = block
  if (x + dx < 0 || y + dy < 0) return undefined
  if (x + dx + blockSize > picture.width || y + dy + blockSize > picture.height) return undefined
  const isDetailed = block.detail >= leastDetail
  return {
    before: meanOf(earlier, x, y),
    now: meanOf(picture, x + dx, y + dy),
    correlation: isDetailed ? correlate(earlier, picture, { x, y, dx, dy, size: blockSize }) : undefined,
  }
}

/** Mean luma by which an even block may differ once the light is taken out. */
const sameLuma = 10

function looksSame({ before, now, correlation }: Pair, { gain, offset }: Light): boolean {
  if (Math.abs(gain * now + offset - before) > 2 * sameLuma) return false
  if (correlation !== undefined) return correlation >= sameBlock
  return Math.abs(gain * now + offset - before) <= sameLuma
}

/** Fewer detailed blocks than this do not tell a shift: the picture is taken as it lies. */
const leastBlocks = 6

function findShift(
  reference: Reference,
  picture: GreyPicture,
  blocks: readonly Block[],
): { dx: number; dy: number } {
  const earlier = reference.picture
  const still = { dx: 0, dy: 0 }
  if (blocks.length < leastBlocks) return still
  const coarse = voteCoarse(reference, picture)
  const matches = blocks.map((block) => matchBlock({ earlier, picture, block, start: coarse }))
  const seen = matches.filter(({ correlation }) => correlation >= sameBlock)
  const dx = median(seen.map((match) => match.dx))
  const dy = median(seen.map((match) => match.dy))
  const near = seen.filter((match) => Math.abs(match.dx - dx) <= nearby && Math.abs(match.dy - dy) <= nearby)
  if (near.length < Math.max(leastBlocks - 1, blocks.length / 3)) return still
  return isStill(dx) && isStill(dy) ? still : { dx, dy }
}

/** The picture laid over the earlier one. */
export function applyFit(picture: GreyPicture, fit: Fit): GreyPicture {
  const moved = movePicture(picture, fit)
  if (Math.abs(fit.gain - 1) < 0.004 && Math.abs(fit.offset) < 0.5) return moved
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, luma) => fit.gain * luma + fit.offset)
  return { ...moved, luma: moved.luma.map((luma) => curve[luma] ?? 0) }
}

/** Sub-pixel shifts this small are the noise of the search: resampling would cost more than it gives. */
function isStill(shift: number): boolean {
  return Math.abs(shift) < 0.2
}

/** The shift most of the coarse blocks agree on, in pixels of the whole picture. */
function voteCoarse(reference: Reference, picture: GreyPicture): { dx: number; dy: number } {
  const before = shrinkPicture(reference.picture, coarseFactor)
  const still = shrinkPicture({ ...reference.picture, luma: reference.still }, coarseFactor).luma
  const now = shrinkPicture(picture, coarseFactor)
  const span = 2 * coarseReach + 1
  const votes = new Float64Array(span * span)
  const size = 8
  const blocks = pickBlocks({ picture: before, still }, size).filter(({ detail }) => detail >= leastDetail)
  for (const block of blocks.slice(0, maxBlocks)) {
    let [best, place] = [sameBlock, -1]
    for (let i = 0; i < votes.length; i++) {
      const dx = (i % span) - coarseReach
      const dy = Math.floor(i / span) - coarseReach
      const correlation = correlate(before, now, { x: block.x, y: block.y, dx: -dx, dy: -dy, size })
      // A farther place must be plainly better: edges and walls look alike along their length.
      const gain = correlation - 0.01 * Math.hypot(dx, dy)
      if (gain > best) [best, place] = [gain, i]
    }
    if (place >= 0) votes[place] = (votes[place] ?? 0) + 1
  }
  let winner = Math.floor(votes.length / 2)
  for (let i = 0; i < votes.length; i++) if ((votes[i] ?? 0) > (votes[winner] ?? 0)) winner = i
  const dx = (winner % span) - coarseReach
  const dy = Math.floor(winner / span) - coarseReach
  return { dx: dx * coarseFactor, dy: dy * coarseFactor }
}

/** Share of a block's pixels that must stand still. */
const stillShare = 0.9

/** The blocks that stand still, all over the picture, those with most detail first. */
function pickBlocks({ picture, still }: Reference, size: number): Block[] {
  const { width, height } = picture
  const found: Block[] = []
  for (let y = size / 2; y + size <= height - size / 2; y += size) {
    for (let x = size / 2; x + size <= width - size / 2; x += size) {
      if (shareOf(still, { x, y, width, size }) < stillShare) continue
      found.push({ x, y, detail: detailOf(picture, { x, y }, size) })
    }
  }
  return found.sort((a, b) => b.detail - a.detail)
}

function shareOf(mask: Uint8Array, at: { x: number; y: number; width: number; size: number }): number {
  let count = 0
  for (let y = at.y; y < at.y + at.size; y++) {
    const row = y * at.width
    for (let i = row + at.x; i < row + at.x + at.size; i++) count += mask[i] ? 1 : 0
  }
  return count / (at.size * at.size)
}

/** Least standard deviation of a block, in luma steps, at which it has a place of its own. */
const leastDetail = 5

function detailOf(picture: GreyPicture, block: { x: number; y: number }, size: number): number {
  let [sum, squares] = [0, 0]
  for (let y = block.y; y < block.y + size; y++) {
    for (let x = block.x; x < block.x + size; x++) {
      const luma = picture.luma[y * picture.width + x] ?? 0
      sum += luma
      squares += luma * luma
    }
  }
  const count = size * size
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
}

function matchBlock(search: {
  earlier: GreyPicture
  picture: GreyPicture
  block: Block
  start: { dx: number; dy: number }
}): Match {
  const { earlier, picture, block, start } = search
  const at = (dx: number, dy: number) =>
    correlate(earlier, picture, { x: block.x, y: block.y, dx: -dx, dy: -dy, size: blockSize })
  let best: Match = { ...start, correlation: at(start.dx, start.dy) }
  for (let dy = start.dy - fineReach; dy <= start.dy + fineReach; dy++) {
    for (let dx = start.dx - fineReach; dx <= start.dx + fineReach; dx++) {
      const correlation = at(dx, dy)
      if (correlation > best.correlation + 1e-9) best = { dx, dy, correlation }
    }
  }
  const { dx, dy, correlation } = best
  return {
    dx: dx + vertex(at(dx - 1, dy), correlation, at(dx + 1, dy)),
    dy: dy + vertex(at(dx, dy - 1), correlation, at(dx, dy + 1)),
    correlation,
  }
}

/** Where between its neighbours a peak lies, −0.5..0.5. */
function vertex(before: number, peak: number, after: number): number {
  const bend = before - 2 * peak + after
  if (bend >= -1e-9) return 0
  return Math.min(0.5, Math.max(-0.5, (0.5 * (before - after)) / bend))
}

/**
 * Normalised correlation of a block of `a` with the block of `b` that lies aside by (dx, dy); −1 outside. A block is
 * square unless its height is told.
 */
export function correlate(
  a: GreyPicture,
  b: GreyPicture,
  place: { x: number; y: number; dx: number; dy: number; size: number; height?: number },
): number {
  const { x, y, dx, dy, size, height = size } = place
  const outside = x + dx < 0 || y + dy < 0 || x + dx + size > b.width || y + dy + height > b.height
  if (outside || x < 0 || y < 0 || x + size > a.width || y + height > a.height) return -1
  let [sumA, sumB, sumAa, sumBb, sumAb] = [0, 0, 0, 0, 0]
  for (let row = 0; row < height; row++) {
    let i = (y + row) * a.width + x
    let j = (y + dy + row) * b.width + x + dx
    for (let column = 0; column < size; column++, i++, j++) {
      const p = a.luma[i] ?? 0
      const q = b.luma[j] ?? 0
      sumA += p
      sumB += q
      sumAa += p * p
      sumBb += q * q
      sumAb += p * q
    }
  }
  const count = size * height
  const spread = (sumAa - (sumA * sumA) / count) * (sumBb - (sumB * sumB) / count)
  return spread <= 1e-6 ? -1 : (sumAb - (sumA * sumB) / count) / Math.sqrt(spread)
}

function meanOf(picture: GreyPicture, left: number, top: number): number {
  let sum = 0
  for (let y = top; y < top + blockSize; y++) {
    for (let x = left; x < left + blockSize; x++) sum += picture.luma[y * picture.width + x] ?? 0
  }
  return sum / (blockSize * blockSize)
}
