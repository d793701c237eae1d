import { isExtruding, type LayerIndex, layerAtByte } from './layers.ts'
import type { GcodeEvent, GcodeMove } from './parse.ts'

/** What a line of plastic is for. `other` where the slicer does not say, or for skirts and support. */
export type LineRole = 'outer' | 'inner' | 'infill' | 'skin' | 'other'

/** A line laid without lifting: `points` as x0, y0, x1, y1, … in mm. */
export type LinePath = { role: LineRole; points: readonly number[]; isClosed: boolean }

export type LayerGeometry = { layer: number; zMm: number; paths: readonly LinePath[] }

/** A rectangle on the bed, mm. */
export type Bounds = { minX: number; minY: number; maxX: number; maxY: number }

const closeMm = 0.6
const joinMm = 1e-3

/** The lines of every layer of a file. */
export function collectGeometry(events: Iterable<GcodeEvent>, index: LayerIndex): LayerGeometry[] {
  const layers = index.layers.map(({ layer, zMm }) => ({ layer, zMm, paths: [] as LinePath[] }))
  let role: LineRole = 'other'
  let points: number[] = []
  let layerNumber = 0
  const finish = () => {
    if (points.length >= 4) layers[layerNumber - 1]?.paths.push({ role, points, isClosed: isClosed(points) })
    points = []
  }
  for (const event of events) {
    if (event.kind === 'role') {
      finish()
      role = readRole(event.role)
    }
    if (event.kind !== 'move') continue
    const layer = layerAtByte(index, event.byte)
    if (!isExtruding(event)) {
      if (event.from.x !== event.to.x || event.from.y !== event.to.y) finish()
      continue
    }
    if (layer !== layerNumber || !continues(points, event)) finish()
    layerNumber = layer
    if (points.length === 0) points.push(event.from.x, event.from.y)
    points.push(event.to.x, event.to.y)
  }
  finish()
  return layers
}

/** The closed lines that bound a layer: outer walls, or every closed line where roles are unknown. */
export function outlinesOf(geometry: LayerGeometry): LinePath[] {
  const closed = geometry.paths.filter((path) => path.isClosed)
  const outer = closed.filter((path) => path.role === 'outer')
  return outer.length > 0 ? outer : closed
}

/** What a layer covers on the bed; undefined where nothing is laid. */
export function boundsOf(geometry: LayerGeometry): Bounds | undefined {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity }
  for (const path of geometry.paths) {
    for (let i = 0; i + 1 < path.points.length; i += 2) {
      const x = path.points[i] ?? 0
      const y = path.points[i + 1] ?? 0
      bounds.minX = Math.min(bounds.minX, x)
      bounds.maxX = Math.max(bounds.maxX, x)
      bounds.minY = Math.min(bounds.minY, y)
      bounds.maxY = Math.max(bounds.maxY, y)
    }
  }
  return bounds.minX <= bounds.maxX ? bounds : undefined
}

/** Reads a slicer's `;TYPE:` in the words of PrusaSlicer, OrcaSlicer and Cura. */
export function readRole(text: string): LineRole {
  const role = text.toLowerCase().replaceAll('-', ' ')
  if (/(external|outer|overhang)/.test(role)) return 'outer'
  if (/(perimeter|inner|wall)/.test(role)) return 'inner'
  if (/(solid|skin|top|bottom|bridge|ironing)/.test(role)) return 'skin'
  if (/(infill|fill)/.test(role)) return 'infill'
  return 'other'
}

function isClosed(points: readonly number[]): boolean {
  const dx = (points.at(-2) ?? 0) - (points[0] ?? 0)
  const dy = (points.at(-1) ?? 0) - (points[1] ?? 0)
  return points.length >= 8 && Math.hypot(dx, dy) <= closeMm
}

function continues(points: readonly number[], move: GcodeMove): boolean {
  if (points.length === 0) return true
  return Math.hypot((points.at(-2) ?? 0) - move.from.x, (points.at(-1) ?? 0) - move.from.y) <= joinMm
}
