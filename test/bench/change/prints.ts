import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { GreyPicture } from '../../../device/assess/grey.ts'
import { decodeFrame } from '../../../device/detector/decode.ts'
import type { Failure, FailureKind } from '../../../device/simulator/failures.ts'
import { createRandom, mixSeed, type Random } from '../../../device/simulator/random.ts'
import { createRun } from '../../../device/simulator/run.ts'
import { createSimulation, toRunSpec } from '../../../device/simulator/simulation.ts'
import type { WorldKind } from '../../../device/simulator/world.ts'

/** Which simulated print: `kind` is its failure. */
export interface PrintWish {
  readonly world: WorldKind
  readonly seed: number
  readonly kind: FailureKind | 'good'
}

/** One frame as the agent's second sense gets it. */
export interface GreyFrame {
  readonly layer: number
  readonly seconds: number
  readonly picture: GreyPicture
}

export interface FilmedPrint {
  readonly wish: PrintWish
  readonly shape: string
  readonly failure: Failure | undefined
  readonly layerHeightMm: number
  readonly layerSeconds: number
  readonly frames: readonly GreyFrame[]
}

const cameraSize = { width: 640, height: 480 }
/** The size of the detector's input, to which the agent squeezes a frame for this sense too. */
export const greySize = { width: 320, height: 320 }
const layersAfterFailure = 11
const goodLayers = 50
const plannedLayers = 60
const firstFailureLayer = 10
const lastFailureLayer = 26
/** A frame every five seconds as the agent takes them, or four to five a layer where layers take long. */
const frameSeconds = 5
const framesPerLayer = 4.5

/** Films a print layer by layer; with a cache, only the first time. */
export async function filmPrint(wish: PrintWish, cache: string | undefined): Promise<FilmedPrint> {
  const { world, seed, kind } = wish
  const stem = cache === undefined ? undefined : join(cache, `${world}-${seed}-${kind}`)
  if (stem && existsSync(`${stem}.json`)) return readFilm(wish, stem)
  const film = await render(wish)
  if (cache !== undefined && stem) await keepFilm(film, cache, stem)
  return film
}

async function render(wish: PrintWish): Promise<FilmedPrint> {
  const { world, seed, kind } = wish
  const random = createRandom(mixSeed('change', world, seed, kind))
  const failure = kind === 'good' ? undefined : chooseFailure(random, kind)
  const lastLayer = failure ? failure.layer + layersAfterFailure : goodLayers
  const spec = { seed, world, layers: plannedLayers, ...(failure ? { failure } : {}) }
  const { plan, world: scene } = createRun(toRunSpec(spec))
  const simulation = createSimulation(spec)
  const layerSeconds = plan.totalSeconds / plannedLayers
  const stepSeconds = Math.max(frameSeconds, layerSeconds / framesPerLayer)
  const frames: GreyFrame[] = []
  for (let seconds = 0; seconds < plan.totalSeconds; seconds += stepSeconds) {
    const { layer } = simulation.status()
    if (layer > lastLayer) break
    const { figures } = await decodeFrame(await simulation.renderFrame(cameraSize), greySize)
    if (figures.grey) frames.push({ layer, seconds, picture: figures.grey })
    simulation.advance(stepSeconds)
  }
  const { shape, layerHeightMm } = scene
  return { wish, shape, failure, layerHeightMm, layerSeconds, frames }
}

function chooseFailure(random: Random, kind: FailureKind): Failure {
  const layer = random.whole(firstFailureLayer, lastFailureLayer)
  if (kind !== 'layer-shift') return { kind, layer }
  return { kind, layer, slipMm: Math.round(random.between(2, 6) * 10) / 10 }
}

const Film = z.object({
  shape: z.string(),
  failureLayer: z.number().optional(),
  slipMm: z.number().optional(),
  layerHeightMm: z.number(),
  layerSeconds: z.number(),
  frames: z.array(z.object({ layer: z.number(), seconds: z.number() })),
})

async function keepFilm(film: FilmedPrint, folder: string, stem: string): Promise<void> {
  const { shape, failure, layerHeightMm, layerSeconds } = film
  const frames = film.frames.map(({ layer, seconds }) => ({ layer, seconds }))
  const told = {
    shape,
    failureLayer: failure?.layer,
    slipMm: failure?.slipMm,
    layerHeightMm,
    layerSeconds,
    frames,
  }
  await mkdir(folder, { recursive: true })
  await writeFile(`${stem}.raw`, Buffer.concat(film.frames.map(({ picture }) => picture.luma)))
  await writeFile(`${stem}.json`, JSON.stringify(told))
}

async function readFilm(wish: PrintWish, stem: string): Promise<FilmedPrint> {
  const told = Film.parse(JSON.parse(await readFile(`${stem}.json`, 'utf8')))
  const raw = await readFile(`${stem}.raw`)
  const size = greySize.width * greySize.height
  const { failureLayer, slipMm, frames, ...rest } = told
  const { kind } = wish
  const failure =
    kind === 'good' || failureLayer === undefined ? undefined : { kind, layer: failureLayer, slipMm }
  return {
    ...rest,
    wish,
    failure,
    frames: frames.map((frame, i) => ({
      ...frame,
      picture: { ...greySize, luma: Uint8Array.from(raw.subarray(i * size, (i + 1) * size)) },
    })),
  }
}
