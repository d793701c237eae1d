import { add, cross, dot, normalize, scale, subtract, type Vector, vector } from './vector.ts'
import type { World } from './world.ts'

/** A perspective camera: its place, its axes, and its focal length in samples. */
export type View = {
  eye: Vector
  right: Vector
  up: Vector
  forward: Vector
  focal: number
  centreX: number
  centreY: number
}

/** A place on the picture in samples; `near` is 1/distance along the view, larger in front. */
export type Projected = { x: number; y: number; near: number }

export const nearMm = 8

/** The camera of a world for a picture of `width` × `height` samples. */
export function createView(camera: World['camera'], width: number, height: number): View {
  const { azimuth, elevation, distanceMm, roll, target } = camera
  const offset = vector(
    Math.sin(azimuth) * Math.cos(elevation),
    -Math.cos(azimuth) * Math.cos(elevation),
    Math.sin(elevation),
  )
  const eye = add(target, scale(offset, distanceMm))
  const forward = normalize(subtract(target, eye))
  const level = normalize(cross(forward, vector(0, 0, 1)))
  const plumb = cross(level, forward)
  const right = add(scale(level, Math.cos(roll)), scale(plumb, Math.sin(roll)))
  return {
    eye,
    right,
    up: cross(right, forward),
    forward,
    focal: width / 2 / Math.tan(camera.fieldOfView / 2),
    centreX: width / 2,
    centreY: height / 2,
  }
}

/** Where a place falls on the picture. Only meaningful where it lies in front of the camera. */
export function project(view: View, place: Vector): Projected {
  const ray = subtract(place, view.eye)
  const near = 1 / dot(ray, view.forward)
  return {
    x: view.centreX + view.focal * dot(ray, view.right) * near,
    y: view.centreY - view.focal * dot(ray, view.up) * near,
    near,
  }
}

/** The ray through a place of the picture, of length 1 along the view. */
export function rayThrough(view: View, x: number, y: number): Vector {
  const across = (x - view.centreX) / view.focal
  const down = (view.centreY - y) / view.focal
  return add(view.forward, add(scale(view.right, across), scale(view.up, down)))
}
