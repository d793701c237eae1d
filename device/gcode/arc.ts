/** A place of the nozzle, mm. */
export type Point = { x: number; y: number; z: number }

/** G2 (clockwise) or G3: the centre as an offset from the start, or a radius. */
export type Arc = { isClockwise: boolean; iMm: number; jMm: number; radiusMm: number | undefined }

const stepRadians = Math.PI / 18
const stepsMax = 360

/** The points of an arc after its start, its end exactly among them; a full circle where both are one. */
export function flattenArc(from: Point, to: Point, arc: Arc): Point[] {
  const centre = findCentre(from, to, arc)
  const radius = Math.hypot(from.x - centre.x, from.y - centre.y)
  if (!(radius > 1e-6)) return [to]
  const start = Math.atan2(from.y - centre.y, from.x - centre.x)
  const end = Math.atan2(to.y - centre.y, to.x - centre.x)
  const turn = 2 * Math.PI
  let sweep = arc.isClockwise ? start - end : end - start
  sweep = ((sweep % turn) + turn) % turn
  if (sweep < 1e-9) sweep = turn
  const steps = Math.min(stepsMax, Math.max(2, Math.ceil(sweep / stepRadians)))
  const points: Point[] = []
  for (let step = 1; step < steps; step++) {
    const share = step / steps
    const angle = start + (arc.isClockwise ? -sweep : sweep) * share
    points.push({
      x: centre.x + radius * Math.cos(angle),
      y: centre.y + radius * Math.sin(angle),
      z: from.z + (to.z - from.z) * share,
    })
  }
  points.push(to)
  return points
}

function findCentre(from: Point, to: Point, arc: Arc): { x: number; y: number } {
  const { radiusMm } = arc
  if (radiusMm === undefined) return { x: from.x + arc.iMm, y: from.y + arc.jMm }
  const dx = to.x - from.x
  const dy = to.y - from.y
  const chord = Math.hypot(dx, dy)
  if (chord < 1e-9) return from
  const height = Math.sqrt(Math.max(0, radiusMm * radiusMm - (chord * chord) / 4))
  // A negative radius asks for the longer way round (RS-274).
  const side = arc.isClockwise === radiusMm > 0 ? -1 : 1
  return {
    x: (from.x + to.x) / 2 - (side * height * dy) / chord,
    y: (from.y + to.y) / 2 + (side * height * dx) / chord,
  }
}
