/** The solids the generator knows. */
export const shapeNames = ['vase', 'cube', 'bracket', 'cup', 'tower', 'gear', 'star', 'figure'] as const
export type ShapeName = (typeof shapeNames)[number]

/** A closed outline about the origin, counter-clockwise, as x0, y0, x1, y1, … in mm. */
export type Outline = readonly number[]

/** A cross-section: outlines of solid, and whether its inside is filled or left empty as in a vase. */
export type Section = { outlines: readonly Outline[]; isHollow: boolean }

/** A solid: its section at a share of its height, 0 (bed) to 1 (top). */
export type Shape = (heightShare: number) => Section

/** A solid about `sizeMm` wide. */
export function createShape(name: ShapeName, sizeMm: number): Shape {
  const radius = sizeMm / 2
  switch (name) {
    case 'vase':
      return (share) => hollow(wave(vaseRadius(share) * radius, 8, 0.05 + 0.03 * share, share * 1.4))
    case 'cup':
      return (share) => hollow(ring(radius * (0.62 + 0.2 * share), 72, share < 0.05 ? 0 : 2))
    case 'cube':
      return () => solid(rounded(radius * 0.78, radius * 0.78, 3))
    case 'bracket':
      return (share) => solid(bracketOutline(radius, share))
    case 'tower':
      return (share) => solid(twist(rounded(radius * 0.5 * (1 - 0.25 * share), radius * 0.5, 4), share * 0.9))
    case 'gear':
      return () => solid(gearOutline(radius * 0.85, 14))
    case 'star':
      return (share) => solid(twist(starOutline(radius * (0.95 - 0.45 * share), 5), share * 0.5))
    case 'figure':
      return (share) => ({ outlines: figureOutlines(radius, share), isHollow: false })
  }
}

/** Whether a text names one of the solids. */
export function isShapeName(text: string): text is ShapeName {
  return shapeNames.some((name) => name === text)
}

function hollow(outline: Outline): Section {
  return { outlines: [outline], isHollow: true }
}

function solid(outline: Outline): Section {
  return { outlines: [outline], isHollow: false }
}

function vaseRadius(share: number): number {
  return 0.62 + 0.2 * Math.sin(share * 4.6 - 0.3) + 0.06 * share
}

function wave(radius: number, lobes: number, depth: number, phase: number): Outline {
  return polar(120, (angle) => radius * (1 + depth * Math.cos(lobes * (angle + phase))))
}

function ring(radius: number, count: number, flutes: number): Outline {
  return polar(count, (angle) => radius + flutes * 0.25 * Math.cos(24 * angle))
}

function polar(count: number, radiusAt: (angle: number) => number): Outline {
  const points: number[] = []
  for (let i = 0; i < count; i++) {
    const angle = (i / count) * 2 * Math.PI
    points.push(radiusAt(angle) * Math.cos(angle), radiusAt(angle) * Math.sin(angle))
  }
  return points
}

function rounded(halfWidth: number, halfDepth: number, corner: number): Outline {
  const points: number[] = []
  for (let quarter = 0; quarter < 4; quarter++) {
    const cx = (quarter === 0 || quarter === 3 ? 1 : -1) * (halfWidth - corner)
    const cy = (quarter < 2 ? 1 : -1) * (halfDepth - corner)
    for (let step = 0; step <= 6; step++) {
      const angle = ((quarter + step / 6) * Math.PI) / 2
      points.push(cx + corner * Math.cos(angle), cy + corner * Math.sin(angle))
    }
  }
  return points
}

/** A foot with an upright plate at its back and a rib that narrows upwards. */
function bracketOutline(radius: number, share: number): Outline {
  const r = radius
  if (share < 0.16) return rounded(r * 0.9, r * 0.62, 3)
  const rib = r * 0.62 - Math.min(1, (share - 0.16) / 0.84) * r * 0.82
  const back = r * 0.62
  const front = back - 7
  if (rib > front - 2) return [r * 0.9, front, r * 0.9, back, -r * 0.9, back, -r * 0.9, front]
  const tip = -r * 0.62 + (front - -r * 0.62) * ((share - 0.16) / 0.84)
  return [
    r * 0.9,
    front,
    r * 0.9,
    back,
    -r * 0.9,
    back,
    -r * 0.9,
    front,
    -4,
    front,
    -4,
    tip,
    4,
    tip,
    4,
    front,
  ]
}

function gearOutline(radius: number, teeth: number): Outline {
  const points: number[] = []
  for (let tooth = 0; tooth < teeth; tooth++) {
    for (const [at, height] of [
      [0, 0.86],
      [0.3, 0.86],
      [0.4, 1],
      [0.7, 1],
      [0.8, 0.86],
    ] as const) {
      const angle = ((tooth + at) / teeth) * 2 * Math.PI
      points.push(radius * height * Math.cos(angle), radius * height * Math.sin(angle))
    }
  }
  return points
}

function starOutline(radius: number, tips: number): Outline {
  return polar(tips * 12, (angle) => radius * (0.72 + 0.28 * Math.cos(tips * angle)))
}

/** Two feet, a body, two arms held out and a head: islands that part and join as it grows. */
function figureOutlines(radius: number, share: number): Outline[] {
  const r = radius
  if (share < 0.3) {
    const leg = polar(28, () => r * 0.24)
    return [shifted(leg, -r * 0.32, 0), shifted(leg, r * 0.32, 0)]
  }
  if (share < 0.68) return [rounded(r * (0.62 + 0.12 * Math.sin(share * 9)), r * 0.34, r * 0.28)]
  const neck = (share - 0.68) / 0.32
  return [polar(40, () => r * (0.2 + 0.28 * Math.sin(Math.min(1, neck + 0.12) * Math.PI * 0.92)))]
}

function shifted(outline: Outline, dx: number, dy: number): Outline {
  return outline.map((value, i) => value + (i % 2 === 0 ? dx : dy))
}

function twist(outline: Outline, angle: number): Outline {
  const points: number[] = []
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const x = outline[i] ?? 0
    const y = outline[i + 1] ?? 0
    points.push(x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle))
  }
  return points
}
