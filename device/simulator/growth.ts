import { type Failure, failureAt } from './failures.ts'
import { createFloats, type Floats, push } from './floats.ts'
import { type Knock, planKnocks } from './knocks.ts'
import type { PrintPlan, Segment } from './plan.ts'
import { locate, type Pose, restPose } from './pose.ts'
import { createRandom, mixSeed, type Random } from './random.ts'
import {
  createRelief,
  createTangle,
  cutTangle,
  feedTangle,
  type Relief,
  reliefCell,
  type Tangle,
} from './tangle.ts'

/**
 * What lies on the bed, as far as the print has come: lines laid (`beads`: x0 y0 z0 x1 y1 z1 width height layer
 * isFill), strands in the air (`strands`: x0 y0 z0 x1 y1 z1 radius), and where a loose part lies.
 */
export type Growth = {
  plan: PrintPlan
  failures: readonly Failure[]
  seed: number
  random: Random
  done: number
  beads: Floats
  strands: Floats
  /** Beads before this one lie in `pose`; the others where they were laid. */
  looseBeads: number
  pose: Pose
  /** Rises whenever something already laid has moved. */
  revision: number
  shift: { x: number; y: number }
  knocks: Knock[]
  relief: Relief
  tangle: Tangle
  /** Under-extrusion comes and goes: how far the present gap or line still goes. */
  gap: { isOpen: boolean; leftMm: number }
  /** Layer at which the upper part broke off, and the share of the height that stays when it does. */
  brokenAtLayer: number | undefined
  remainingShare: number
}

/** Failures after which what the nozzle lays finds nothing to lie on. */
const airborne = ['detached', 'knocked-over', 'broken-off', 'spaghetti'] as const

const beadStride = 10
const strandStride = 7

/** An empty bed for a plan. The seed decides how its failures unfold. */
export function createGrowth(plan: PrintPlan, failures: readonly Failure[], seed: number): Growth {
  const random = createRandom(mixSeed('growth', seed))
  const angle = random.between(0, 2 * Math.PI)
  const slip = random.between(3, 9)
  return {
    plan,
    failures,
    seed,
    random,
    done: 0,
    beads: createFloats(beadStride),
    strands: createFloats(strandStride),
    looseBeads: 0,
    pose: restPose,
    revision: 0,
    shift: { x: Math.cos(angle) * slip, y: Math.sin(angle) * slip },
    knocks: planKnocks(plan, failures, seed),
    relief: createRelief(),
    tangle: createTangle(mixSeed('tangle', seed), { radiusMm: random.between(0.19, 0.29) }),
    gap: { isOpen: false, leftMm: 0 },
    brokenAtLayer: undefined,
    remainingShare: createRandom(mixSeed('break', seed)).between(0.25, 0.6),
  }
}

/** Lets a failure come in a layer that has not started yet. */
export function addFailure(growth: Growth, failure: Failure): void {
  growth.failures = [...growth.failures, failure]
  const isLoosening = failure.kind === 'detached' || failure.kind === 'knocked-over'
  if (isLoosening && growth.knocks.length === 0 && growth.looseBeads === 0) {
    growth.knocks = planKnocks(growth.plan, growth.failures, growth.seed)
  }
}

/** Lays the segments up to, not including, `count`. */
export function growTo(growth: Growth, count: number): void {
  const end = Math.min(count, growth.plan.segments.length)
  for (; growth.done < end; growth.done++) {
    while (growth.knocks[0] && growth.knocks[0].segment <= growth.done) knock(growth, growth.knocks.shift())
    const segment = growth.plan.segments[growth.done]
    if (segment?.isLaid) lay(growth, segment)
  }
}

/** How far the head has slipped in a layer, mm. */
export function shiftAt(growth: Growth, layer: number): { x: number; y: number } {
  const slipped = failureAt(growth.failures, layer, 'layer-shift')
  if (!slipped) return { x: 0, y: 0 }
  const { x, y } = growth.shift
  const factor = slipped.slipMm === undefined ? 1 : slipped.slipMm / Math.hypot(x, y)
  return { x: x * factor, y: y * factor }
}

function lay(growth: Growth, segment: Segment): void {
  const { failures, random } = growth
  const { layer } = segment
  const clog = failureAt(failures, layer, 'clog')
  // A nozzle clogs over about a layer: it spits thin, broken lines, then nothing.
  if (clog && (layer > clog.layer || random.chance(0.7))) return
  // The end of the filament passes the nozzle, and from one line to the next nothing comes any more.
  if (failureAt(failures, layer, 'run-out')) return
  const broken = failureAt(failures, layer, 'broken-off')
  if (broken && growth.brokenAtLayer !== broken.layer) breakOff(growth, broken.layer)
  if (airborne.some((kind) => failureAt(failures, layer, kind))) {
    layInAir(growth, segment)
    return
  }
  const isStarved = failureAt(failures, layer, 'under-extrusion') !== undefined
  if (isStarved && isInGap(growth, segment)) return
  layBead(growth, segment, clog || isStarved ? random.between(0.4, 0.7) : 1)
}

/** The upper part goes, knocked off by the head and fallen from the bed; what follows is laid in the air. */
function breakOff(growth: Growth, layer: number): void {
  const { beads, relief } = growth
  growth.brokenAtLayer = layer
  const newest = beads.data[(beads.count - 1) * beadStride + 8] ?? 0
  const last = Math.floor(newest * growth.remainingShare)
  let kept = 0
  while (kept < beads.count && (beads.data[kept * beadStride + 8] ?? 0) <= last) kept++
  beads.count = kept
  growth.revision++
  relief.part.fill(0)
  for (let i = 0; i < kept; i++) {
    const offset = i * beadStride
    raise(relief.part, beads.data[offset + 3] ?? 0, beads.data[offset + 4] ?? 0, beads.data[offset + 5] ?? 0)
  }
}

function layBead(growth: Growth, segment: Segment, flow: number): void {
  const shift = shiftAt(growth, segment.layer)
  const { from, to } = segment
  const isFill = segment.role === 'infill' ? 1 : 0
  const width = segment.widthMm * flow
  push(
    growth.beads,
    ...[from.x + shift.x, from.y + shift.y, from.z],
    ...[to.x + shift.x, to.y + shift.y, to.z],
    ...[width, segment.heightMm, segment.layer, isFill],
  )
  raise(growth.relief.part, to.x + shift.x, to.y + shift.y, to.z)
}

function layInAir(growth: Growth, segment: Segment): void {
  const { from, to, widthMm, heightMm } = segment
  const { radiusMm } = growth.tangle
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const fed = (length * widthMm * heightMm) / (Math.PI * radiusMm * radiusMm)
  if (growth.random.chance(0.004)) cutTangle(growth.tangle)
  feedTangle(growth.tangle, to, fed, growth)
}

function isInGap(growth: Growth, segment: Segment): boolean {
  const { gap, random } = growth
  const { from, to } = segment
  gap.leftMm -= Math.hypot(to.x - from.x, to.y - from.y)
  if (gap.leftMm <= 0) {
    gap.isOpen = !gap.isOpen
    gap.leftMm = gap.isOpen ? random.between(2, 16) : random.between(3, 22)
  }
  return gap.isOpen
}

function knock(growth: Growth, blow: Knock | undefined): void {
  if (!blow) return
  if (growth.looseBeads === 0) growth.looseBeads = growth.beads.count
  growth.pose = settlePose(growth, blow.pose)
  growth.revision++
  const { part } = growth.relief
  part.fill(0)
  forEachLoosePoint(growth, growth.pose, (x, y, z) => raise(part, x, y, z))
}

/** Whatever way a part is turned, its lowest line lies on the bed and a fallen one beside its old place. */
function settlePose(growth: Growth, pose: Pose): Pose {
  let lowest = Infinity
  forEachLoosePoint(growth, pose, (_x, _y, z) => {
    lowest = Math.min(lowest, z)
  })
  if (!Number.isFinite(lowest)) return pose
  const { origin } = pose
  return { ...pose, origin: { x: origin.x, y: origin.y, z: origin.z - lowest + 0.3 } }
}

function forEachLoosePoint(
  growth: Growth,
  pose: Pose,
  visit: (x: number, y: number, z: number) => void,
): void {
  const { data } = growth.beads
  for (let i = 0; i < growth.looseBeads; i++) {
    const offset = i * beadStride
    const point = locate(pose, data[offset + 3] ?? 0, data[offset + 4] ?? 0, data[offset + 5] ?? 0)
    visit(point.x, point.y, point.z)
  }
}

function raise(heights: Float32Array, x: number, y: number, z: number): void {
  const cell = reliefCell(x, y)
  if (cell >= 0 && (heights[cell] ?? 0) < z) heights[cell] = z
}
