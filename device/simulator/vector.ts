/** A place or a direction: x to the right, y to the back, z up; mm. */
export type Vector = { x: number; y: number; z: number }

export function vector(x: number, y: number, z: number): Vector {
  return { x, y, z }
}

export function add(a: Vector, b: Vector): Vector {
  return { x: a.x + b.x, y: a.y + b.y, z: a.z + b.z }
}

export function subtract(a: Vector, b: Vector): Vector {
  return { x: a.x - b.x, y: a.y - b.y, z: a.z - b.z }
}

export function scale(a: Vector, factor: number): Vector {
  return { x: a.x * factor, y: a.y * factor, z: a.z * factor }
}

export function dot(a: Vector, b: Vector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z
}

export function cross(a: Vector, b: Vector): Vector {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x }
}

/** The same direction at length 1; straight up for a vector without length. */
export function normalize(a: Vector): Vector {
  const length = Math.hypot(a.x, a.y, a.z)
  return length > 0 ? scale(a, 1 / length) : { x: 0, y: 0, z: 1 }
}
