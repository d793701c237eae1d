import { type LineRole, readRole } from '../gcode/geometry.ts'
import { indexLayers, isExtruding, layerAtByte } from '../gcode/layers.ts'
import { type GcodeEvent, type GcodeMove, parseGcode } from '../gcode/parse.ts'

/**
 * A file as the simulated printer runs it: short straight segments with the time each ends. Coordinates are mm
 * from the bed's centre; the print's own middle is put there.
 */
export type PrintPlan = {
  name: string
  gcode: Uint8Array
  layers: number
  totalSeconds: number
  segments: readonly Segment[]
  /** What the file heats to, °C; the usual values for PLA where it does not say. */
  temperatures: { nozzle: number; bed: number }
}

export type Segment = {
  from: { x: number; y: number; z: number }
  to: { x: number; y: number; z: number }
  isLaid: boolean
  role: LineRole
  layer: number
  widthMm: number
  heightMm: number
  endSeconds: number
  endByte: number
}

/** Long lines are cut so that a print grows smoothly and looks the same however often it is drawn. */
const segmentMaxMm = 4
/** Printers take corners slower than the file asks; a flat share stands in for their acceleration. */
const accelerationShare = 0.85

type Style = { role: LineRole; widthMm: number; heightMm: number }

/** Reads a G-code file into a plan. Throws `RangeError` where it lays no plastic. */
export function createPlan(name: string, gcode: Uint8Array): PrintPlan {
  // Read twice: a large file's events would not fit in memory together.
  const index = indexLayers(parseGcode(gcode))
  const style: Style = { role: 'other', widthMm: 0.45, heightMm: 0.2 }
  const segments: Segment[] = []
  const temperatures = { nozzle: 215, bed: 60 }
  let seconds = 0
  for (const event of parseGcode(gcode)) {
    readStyle(style, event)
    if (event.kind === 'target' && event.celsius > 0) temperatures[event.heater] = event.celsius
    if (event.kind === 'dwell') seconds += event.seconds
    if (event.kind !== 'move') continue
    seconds = addMove(segments, event, { ...style, layer: layerAtByte(index, event.byte), seconds })
  }
  centre(segments)
  if (!segments.some((segment) => segment.isLaid)) throw new RangeError('the G-code lays no plastic')
  return { name, gcode, layers: index.layers.length, totalSeconds: seconds, segments, temperatures }
}

/** How many segments are done at a time of the print. */
export function segmentsDoneAt(plan: PrintPlan, printSeconds: number): number {
  let low = 0
  let high = plan.segments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((plan.segments[middle]?.endSeconds ?? 0) <= printSeconds) low = middle + 1
    else high = middle
  }
  return low
}

/** Where the nozzle is at a time of the print. */
export function nozzleAt(plan: PrintPlan, printSeconds: number): { x: number; y: number; z: number } {
  const done = segmentsDoneAt(plan, printSeconds)
  const segment = plan.segments[done]
  if (!segment) return plan.segments.at(-1)?.to ?? { x: 0, y: 0, z: 0 }
  const start = plan.segments[done - 1]?.endSeconds ?? 0
  const length = segment.endSeconds - start
  const share = length > 0 ? Math.min(1, Math.max(0, (printSeconds - start) / length)) : 1
  const { from, to } = segment
  return {
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    z: from.z + (to.z - from.z) * share,
  }
}

/** The layer being printed at a time, and the bytes of the file read by then. */
export function progressAt(plan: PrintPlan, printSeconds: number): { layer: number; filePosition: number } {
  const done = segmentsDoneAt(plan, printSeconds)
  const current = plan.segments[Math.min(done, plan.segments.length - 1)]
  const isOver = done >= plan.segments.length
  return {
    layer: isOver ? plan.layers : (current?.layer ?? 0),
    filePosition: isOver ? plan.gcode.length : (plan.segments[done - 1]?.endByte ?? 0),
  }
}

/** When a layer starts, seconds of print time; the plan's end for a layer it does not reach. */
export function secondsAtLayer(plan: PrintPlan, layer: number): number {
  const first = plan.segments.findIndex((segment) => segment.layer >= layer)
  return first < 0 ? plan.totalSeconds : (plan.segments[first - 1]?.endSeconds ?? 0)
}

function readStyle(style: Style, event: GcodeEvent): void {
  if (event.kind === 'role') style.role = readRole(event.role)
  if (event.kind === 'width') style.widthMm = event.widthMm
  if (event.kind === 'height') style.heightMm = event.heightMm
}

function addMove(
  segments: Segment[],
  move: GcodeMove,
  at: Style & { layer: number; seconds: number },
): number {
  const { from, to } = move
  const length = Math.hypot(to.x - from.x, to.y - from.y, to.z - from.z)
  const speed = Math.max(1, move.feedMmPerSecond * accelerationShare)
  const isLaid = isExtruding(move)
  const duration = (length > 0 ? length : Math.abs(move.extrudedMm)) / speed
  const pieces = Math.max(1, Math.ceil(length / segmentMaxMm))
  const widthMm = isLaid ? widthOf(move, length, at) : at.widthMm
  for (let piece = 0; piece < pieces; piece++) {
    segments.push({
      from: between(from, to, piece / pieces),
      to: between(from, to, (piece + 1) / pieces),
      isLaid,
      role: at.role,
      layer: at.layer,
      widthMm,
      heightMm: at.heightMm,
      endSeconds: at.seconds + (duration * (piece + 1)) / pieces,
      endByte: move.endByte,
    })
  }
  return at.seconds + duration
}

/** A line's width follows from the plastic fed, for 1.75 mm filament. */
function widthOf(move: GcodeMove, length: number, style: Style): number {
  const area = (move.extrudedMm * Math.PI * 0.875 ** 2) / Math.max(length, 0.01)
  return Math.min(1.2, Math.max(0.3, area / style.heightMm))
}

function between(from: Segment['from'], to: Segment['to'], share: number): Segment['from'] {
  return {
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    z: from.z + (to.z - from.z) * share,
  }
}

/** Only walls count for the middle, so that a purge line at the bed's edge does not push the print aside. */
function centre(segments: readonly Segment[]): void {
  const walls = segments.filter((segment) => segment.isLaid && segment.role === 'outer')
  const counted = walls.length > 0 ? walls : segments.filter((segment) => segment.isLaid)
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { to } of counted) {
    minX = Math.min(minX, to.x)
    maxX = Math.max(maxX, to.x)
    minY = Math.min(minY, to.y)
    maxY = Math.max(maxY, to.y)
  }
  if (!(minX <= maxX)) return
  const [x, y] = [(minX + maxX) / 2, (minY + maxY) / 2]
  for (const segment of segments) {
    segment.from.x -= x
    segment.from.y -= y
    segment.to.x -= x
    segment.to.y -= y
  }
}
