import { add, normalize, type Vector, vector } from './vector.ts'

/** Where a loose part lies: the images of the axes and of the origin. */
export type Pose = { right: Vector; back: Vector; up: Vector; origin: Vector }

/** A part where it was printed. */
export const restPose: Pose = {
  right: vector(1, 0, 0),
  back: vector(0, 1, 0),
  up: vector(0, 0, 1),
  origin: vector(0, 0, 0),
}

/** A part turned about the vertical, tipped towards a direction, and moved on the bed. */
export function createPose(turn: { yaw: number; tilt: number; towards: number; x: number; y: number }): Pose {
  const axis = normalize(vector(-Math.sin(turn.towards), Math.cos(turn.towards), 0))
  const place = (v: Vector) => rotate(rotate(v, vector(0, 0, 1), turn.yaw), axis, turn.tilt)
  return {
    right: place(vector(1, 0, 0)),
    back: place(vector(0, 1, 0)),
    up: place(vector(0, 0, 1)),
    origin: vector(turn.x, turn.y, 0),
  }
}

export function direct(pose: Pose, x: number, y: number, z: number): Vector {
  const { right, back, up } = pose
  return {
    x: right.x * x + back.x * y + up.x * z,
    y: right.y * x + back.y * y + up.y * z,
    z: right.z * x + back.z * y + up.z * z,
  }
}

export function locate(pose: Pose, x: number, y: number, z: number): Vector {
  return add(direct(pose, x, y, z), pose.origin)
}

function rotate(v: Vector, axis: Vector, angle: number): Vector {
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  const along = (axis.x * v.x + axis.y * v.y + axis.z * v.z) * (1 - c)
  return {
    x: v.x * c + (axis.y * v.z - axis.z * v.y) * s + axis.x * along,
    y: v.y * c + (axis.z * v.x - axis.x * v.z) * s + axis.y * along,
    z: v.z * c + (axis.x * v.y - axis.y * v.x) * s + axis.z * along,
  }
}
