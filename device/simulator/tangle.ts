import { type Floats, push } from './floats.ts'
import { createRandom, type Random } from './random.ts'

/** How high things stand on the bed, on a grid: the part below and the strands piled on it. */
export type Relief = { part: Float32Array; pile: Float32Array }

export const reliefCells = 130
export const reliefCellMm = 2
const stepMm = 0.8
/** A tangle is mostly air: what one step of strand adds to the height of its cell. */
const loftMm = 0.3
/** How near below the nozzle a part must be to hold strands, and how far they then hang over its edge. */
const heldMm = 10
const droopMm = 16

/**
 * A strand that leaves the nozzle in the air. Its tip wanders with a curvature that keeps changing, is drawn
 * after the nozzle, sinks onto what lies below and now and then stands up in a loop.
 */
export type Tangle = {
  random: Random
  tip: { x: number; y: number; z: number; heading: number; curvature: number; climb: number }
  wishMm: number
  wishLeftMm: number
  owedMm: number
  radiusMm: number
  reachMm: number
  isOpen: boolean
}

export function createTangle(seed: number, style: { radiusMm: number }): Tangle {
  const random = createRandom(seed)
  return {
    random,
    tip: { x: 0, y: 0, z: 0, heading: random.between(0, 6.28), curvature: 0, climb: 0 },
    wishMm: 0,
    wishLeftMm: 0,
    owedMm: 0,
    radiusMm: style.radiusMm,
    reachMm: random.between(5, 13),
    isOpen: false,
  }
}

export function createRelief(): Relief {
  const cells = reliefCells * reliefCells
  return { part: new Float32Array(cells), pile: new Float32Array(cells) }
}

/** The grid's cell below a place, or -1 off the grid. */
export function reliefCell(x: number, y: number): number {
  const column = Math.floor(x / reliefCellMm + reliefCells / 2)
  const row = Math.floor(y / reliefCellMm + reliefCells / 2)
  if (column < 1 || row < 1 || column >= reliefCells - 1 || row >= reliefCells - 1) return -1
  return row * reliefCells + column
}

/** Feeds a length of plastic at the nozzle; the strand grows by as much. `strands` takes its pieces. */
export function feedTangle(
  tangle: Tangle,
  nozzle: { x: number; y: number; z: number },
  lengthMm: number,
  world: { relief: Relief; strands: Floats },
): void {
  const { tip } = tangle
  if (!tangle.isOpen) {
    Object.assign(tip, { x: nozzle.x, y: nozzle.y, z: nozzle.z, climb: 0 })
    tangle.isOpen = true
  }
  tangle.owedMm += lengthMm
  while (tangle.owedMm >= stepMm) {
    tangle.owedMm -= stepMm
    step(tangle, nozzle, world)
  }
}

/** Ends the strand: the next plastic starts a new one at the nozzle. */
export function cutTangle(tangle: Tangle): void {
  tangle.isOpen = false
}

function step(
  tangle: Tangle,
  nozzle: { x: number; y: number; z: number },
  { relief, strands }: { relief: Relief; strands: Floats },
): void {
  const { random, tip } = tangle
  steer(tangle, nozzle)
  const from = { x: tip.x, y: tip.y, z: tip.z }
  const slope = Math.min(1.1, Math.max(-1.3, tip.climb))
  const run = stepMm / Math.hypot(1, slope)
  tip.x += Math.cos(tip.heading) * run
  tip.y += Math.sin(tip.heading) * run
  const cell = reliefCell(tip.x, tip.y)
  // Over a part's edge a strand hangs in a loop; it is held by what lies on the part.
  const held = groundAt(relief, reliefCell(nozzle.x, nozzle.y))
  const isHeld = held > nozzle.z - heldMm
  const ground = Math.max(groundAt(relief, cell), isHeld ? held - droopMm : 0)
  chooseWish(tangle)
  // Nothing stays above the hot end for long: it is pushed aside when the nozzle comes by again.
  const ceiling = nozzle.z + 1.5 + tangle.wishMm * 0.8
  const target = Math.min(ground + 0.3 + tangle.wishMm, Math.max(ceiling, tangle.radiusMm))
  const pull = Math.min(0.5, Math.max(-0.5, (target - tip.z) * 0.16))
  tip.climb += pull - tip.climb * 0.42 + random.normal() * 0.06
  tip.z = Math.max(tangle.radiusMm, tip.z + slope * run)
  if (cell >= 0) settle(relief, cell, tip.z)
  push(strands, from.x, from.y, from.z, tip.x, tip.y, tip.z, tangle.radiusMm)
}

function groundAt({ part, pile }: Relief, cell: number): number {
  return cell < 0 ? 0 : Math.max(part[cell] ?? 0, pile[cell] ?? 0)
}

function steer(tangle: Tangle, nozzle: { x: number; y: number }): void {
  const { random, tip } = tangle
  // Most of the strand curls in loops of a few millimetres; sometimes it is pulled out nearly straight.
  tip.curvature += -tip.curvature * 0.05 * stepMm + random.normal() * 0.075
  if (random.chance(0.012)) tip.curvature = random.normal() * 0.28
  tip.heading += tip.curvature * stepMm
  const dx = nozzle.x - tip.x
  const dy = nozzle.y - tip.y
  const away = Math.hypot(dx, dy)
  if (away <= tangle.reachMm) return
  const turn = Math.sin(Math.atan2(dy, dx) - tip.heading)
  const pull = Math.min(0.5, ((away - tangle.reachMm) / tangle.reachMm) * 0.3)
  tip.heading += turn * pull
  if (away > tangle.reachMm * 3) tip.heading += turn * 0.4
}

function chooseWish(tangle: Tangle): void {
  const { random } = tangle
  tangle.wishLeftMm -= stepMm
  if (tangle.wishLeftMm > 0) return
  tangle.wishLeftMm = random.between(4, 18)
  const isHair = random.chance(0.1)
  tangle.wishMm = isHair ? random.between(4, 13) : Math.abs(random.normal()) * 1.7
  if (random.chance(0.06)) tangle.reachMm = random.between(4, 16)
}

function settle(relief: Relief, cell: number, zMm: number): void {
  const { pile, part } = relief
  const ground = Math.max(pile[cell] ?? 0, part[cell] ?? 0)
  // A loop standing high carries little: the pile grows from below.
  if (zMm > ground + 4) return
  const raised = ground + loftMm
  pile[cell] = raised
  for (const near of [cell - 1, cell + 1, cell - reliefCells, cell + reliefCells]) {
    pile[near] = Math.max(pile[near] ?? 0, Math.max(part[near] ?? 0, raised - 2.2))
  }
}
