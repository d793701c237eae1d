import { createBackdrop } from './backdrop.ts'
import { drawBead } from './bead.ts'
import { createBed } from './bed.ts'
import { createDeveloper, encodeJpeg } from './develop.ts'
import type { Growth } from './growth.ts'
import { drawHangingThread, drawHead, type Palette } from './head.ts'
import { castHeadShadow } from './head-shadow.ts'
import { locate, restPose } from './pose.ts'
import { type Canvas, createCanvas, markTiles, projectInto, tileSamples } from './raster.ts'
import type { Scene } from './scene.ts'
import { createPaints, drawScenery } from './scenery.ts'
import { createShader } from './shade.ts'
import { castLine, clearShadows, createShadowMap } from './shadow.ts'
import { drawThread } from './strand.ts'
import { materials, packSurface } from './surface.ts'
import { type Vector, vector } from './vector.ts'
import { createView } from './view.ts'
import type { World } from './world.ts'

/** Draws pictures of one growing print, each from where the last one left off. */
export type Picture = {
  /** The print as it now stands, with the nozzle at a place, as a JPEG. `tick` varies the camera's noise. */
  render: (growth: Growth, moment: Moment) => Promise<Uint8Array>
}

export type Moment = { nozzle: Vector; isFeeding: boolean; tick: number }

/** The inside of dense parts can't be seen, so lines deeper than this are left out when much is drawn anew. */
const visibleFillLayers = 12

/** A camera in a world, taking pictures of one size. */
export function createPicture(world: World, size: { width: number; height: number }): Picture {
  const { width, height } = size
  const scene = createScene(world, width, height)
  const { canvas } = scene
  const empty = { near: canvas.near.slice(), ids: canvas.ids.slice() }
  const overlay = createCanvas(canvas.width, canvas.height, canvas.near)
  const shade = createShader(scene)
  const still = new Float32Array(width * height * 3)
  const light = new Float32Array(width * height * 3)
  const drawn = { beads: 0, strands: 0, revision: 0 }
  canvas.tiles.fill(1)
  shadeTiles()
  // Exposed once for the empty bed, as a webcam whose automatic is locked: a print must not change the light.
  const develop = createDeveloper(world, { width, height, exposure: exposureFor(still) })

  function shadeTiles(): void {
    for (let tile = 0; tile < canvas.tiles.length; tile++) if (canvas.tiles[tile]) shade(tile, still)
    canvas.tiles.fill(0)
  }

  function catchUp(growth: Growth): void {
    if (growth.revision !== drawn.revision || growth.beads.count < drawn.beads) {
      canvas.near.set(empty.near)
      canvas.ids.set(empty.ids)
      clearShadows(scene.lamp)
      clearShadows(scene.sky)
      canvas.tiles.fill(1)
      Object.assign(drawn, { beads: 0, strands: 0, revision: growth.revision })
    }
    drawGrowth(scene, growth, drawn)
    shadeTiles()
  }

  return {
    async render(growth, moment) {
      catchUp(growth)
      light.set(still)
      const palette: Palette = { lights: [0, 0, 0], count: 0 }
      wipe(overlay)
      castHeadShadow(scene, light, moment.nozzle)
      drawHead(overlay, scene, moment.nozzle, palette)
      const { tangle } = growth
      if (tangle.isOpen && moment.isFeeding) {
        const line = { from: moment.nozzle, to: { ...tangle.tip }, radiusMm: tangle.radiusMm }
        drawHangingThread(overlay, scene, line, palette)
      }
      lay(overlay, palette, light)
      return encodeJpeg(develop(light, moment.tick), { width, height, quality: world.lens.jpegQuality })
    },
  }
}

/** How much a camera brightens a scene: towards middle grey, but only part of the way. */
function exposureFor(light: Float32Array): number {
  const middleGrey = 0.17
  const mean = light.reduce((sum, level) => sum + level, 0) / light.length
  return Math.min(2.4, Math.max(0.6, (middleGrey / Math.max(mean, 1e-3)) ** 0.65))
}

function createScene(world: World, width: number, height: number): Scene {
  const canvas = createCanvas(width * 2, height * 2)
  const view = createView(world.camera, width * 2, height * 2)
  drawScenery(canvas, view, world)
  return {
    world,
    view,
    canvas,
    lamp: createShadowMap(world.light.direction, { cellMm: 0.6, size: 512 }),
    sky: createShadowMap(vector(0, 0, 1), { cellMm: 1, size: 256 }),
    bed: createBed(world),
    backdrop: createBackdrop(world, view, width, height),
    paints: createPaints(world),
  }
}

function drawGrowth(scene: Scene, growth: Growth, drawn: { beads: number; strands: number }): void {
  const { canvas, view } = scene
  const { beads, strands } = growth
  const newestLayer = beads.data[(beads.count - 1) * beads.stride + 8] ?? 0
  for (; drawn.beads < beads.count; drawn.beads++) {
    const offset = drawn.beads * beads.stride
    const pose = drawn.beads < growth.looseBeads ? growth.pose : restPose
    const layer = beads.data[offset + 8] ?? 0
    if (beads.data[offset + 9] === 1 && layer < newestLayer - visibleFillLayers) continue
    drawBead(canvas, view, beads.data, offset, pose)
    const [a, b] = endsOf(beads.data, offset)
    cast(scene, locate(pose, a.x, a.y, a.z), locate(pose, b.x, b.y, b.z), beads.data[offset + 6] ?? 0.5)
  }
  const paint = (nx: number, ny: number, nz: number) => packSurface(materials.strand, nx, ny, nz)
  for (; drawn.strands < strands.count; drawn.strands++) {
    const offset = drawn.strands * strands.stride
    drawThread(canvas, view, strands.data, offset, paint)
    const [a, b] = endsOf(strands.data, offset)
    cast(scene, a, b, (strands.data[offset + 6] ?? 0.3) * 2)
  }
}

function endsOf(data: Float32Array, offset: number): [Vector, Vector] {
  const at = (i: number) => data[offset + i] ?? 0
  return [vector(at(0), at(1), at(2)), vector(at(3), at(4), at(5))]
}

const ends = new Float64Array(6)

/** Casts a line's shadows and notes where on the picture they may fall: anywhere down to the bed. */
function cast(scene: Scene, a: Vector, b: Vector, widthMm: number): void {
  castLine(scene.lamp, a, b, widthMm)
  castLine(scene.sky, a, b, widthMm)
  const sun = scene.world.light.direction
  const drop = b.z / sun.z
  projectInto(ends, 0, scene.view, b.x, b.y, b.z)
  projectInto(ends, 3, scene.view, b.x - sun.x * drop, b.y - sun.y * drop, 0)
  const [x0 = 0, y0 = 0, , x1 = 0, y1 = 0] = ends
  const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / tileSamples) + 1
  const reach = scene.world.light.softnessMm * 4
  for (let i = 0; i <= steps; i++) {
    const x = x0 + ((x1 - x0) * i) / steps
    const y = y0 + ((y1 - y0) * i) / steps
    markTiles(scene.canvas, x - reach, y - reach, x + reach, y + reach)
  }
}

/** Empties what was drawn on for the last picture. */
function wipe(canvas: Canvas): void {
  const { left, right, top, bottom } = drawnBox(canvas)
  for (let y = top; y < bottom; y++) {
    canvas.near.fill(0, y * canvas.width + left, y * canvas.width + right)
    canvas.ids.fill(0, y * canvas.width + left, y * canvas.width + right)
  }
  canvas.tiles.fill(0)
}

/** The samples around all tiles drawn on. */
function drawnBox({ width, height, tiles, tileColumns }: Canvas) {
  const box = { left: width, right: 0, top: height, bottom: 0 }
  for (let tile = 0; tile < tiles.length; tile++) {
    if (!tiles[tile]) continue
    const left = (tile % tileColumns) * tileSamples
    const top = Math.floor(tile / tileColumns) * tileSamples
    box.left = Math.min(box.left, left)
    box.right = Math.max(box.right, Math.min(width, left + tileSamples))
    box.top = Math.min(box.top, top)
    box.bottom = Math.max(box.bottom, Math.min(height, top + tileSamples))
  }
  return box
}

/** Lays what moves over the still picture; at its edges the samples of a pixel are mixed. */
function lay(overlay: Canvas, palette: Palette, light: Float32Array): void {
  const { width, ids } = overlay
  const lights = Float32Array.from(palette.lights)
  const { left, right, top, bottom } = drawnBox(overlay)
  for (let y = top; y < bottom; y += 2) {
    let pixel = ((y >> 1) * (width >> 1) + (left >> 1)) * 3
    const end = y * width + right
    for (let i = y * width + left; i < end; i += 2, pixel += 3) {
      const a = ids[i] ?? 0
      const b = ids[i + 1] ?? 0
      const c = ids[i + width] ?? 0
      const d = ids[i + width + 1] ?? 0
      if ((a | b | c | d) === 0) continue
      const open = (a ? 0 : 1) + (b ? 0 : 1) + (c ? 0 : 1) + (d ? 0 : 1)
      for (let k = 0; k < 3; k++) {
        const covered =
          (lights[a * 3 + k] ?? 0) +
          (lights[b * 3 + k] ?? 0) +
          (lights[c * 3 + k] ?? 0) +
          (lights[d * 3 + k] ?? 0)
        light[pixel + k] = ((light[pixel + k] ?? 0) * open + covered) / 4
      }
    }
  }
}
