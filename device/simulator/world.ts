import { createRandom, mixSeed, type Random } from './random.ts'
import { type ShapeName, shapeNames } from './shapes.ts'
import { normalize, type Vector, vector } from './vector.ts'

/** Which of two disjoint sets of worlds: training may only ask for `train`; demo and tests use `judge`. */
export type WorldKind = 'train' | 'judge'

/** Linear light or reflectance, 0..1 (light may exceed 1). */
export type Colour = readonly [red: number, green: number, blue: number]

/** How the bed's surface looks. */
export type BedKind = 'textured' | 'glass' | 'magnetic' | 'gold' | 'tape'

/** Everything about a scene that its seed decides, apart from how a failure unfolds. */
export type World = {
  kind: WorldKind
  /** The derived seed: odd in `judge` worlds and even in `train` worlds, so the sets cannot meet. */
  seed: number
  shape: ShapeName
  shapeSizeMm: number
  layerHeightMm: number
  lineWidthMm: number
  material: { colour: Colour; gloss: number }
  bed: { kind: BedKind; sizeMm: number; colour: Colour; hasGrid: boolean; hasLabel: boolean }
  camera: {
    azimuth: number
    elevation: number
    distanceMm: number
    fieldOfView: number
    roll: number
    target: Vector
  }
  light: { direction: Vector; colour: Colour; ambient: Colour; softnessMm: number }
  background: {
    wall: Colour
    desk: Colour
    isEnclosed: boolean
    shelves: number
    hasWindow: boolean
    blurPx: number
  }
  printer: { frame: Colour; head: Colour; accent: Colour }
  lens: {
    exposure: number
    balance: Colour
    vignette: number
    noise: number
    blur: number
    jpegQuality: number
  }
}

/** Filament colours as sold; white, grey and black are as common as all the others together. */
const filaments: readonly [Colour, ...Colour[]] = [
  [0.8, 0.8, 0.78],
  [0.72, 0.7, 0.62],
  [0.3, 0.31, 0.32],
  [0.42, 0.43, 0.45],
  [0.035, 0.035, 0.04],
  [0.75, 0.16, 0.02],
  [0.6, 0.03, 0.03],
  [0.03, 0.12, 0.55],
  [0.02, 0.3, 0.62],
  [0.04, 0.34, 0.08],
  [0.03, 0.4, 0.36],
  [0.75, 0.5, 0.03],
  [0.28, 0.08, 0.42],
  [0.66, 0.16, 0.3],
  [0.55, 0.36, 0.2],
  [0.3, 0.55, 0.08],
]

/** Makes the world of a seed; the two kinds give different worlds for every seed. */
export function createWorld(kind: WorldKind, seed: number): World {
  const derived = deriveWorldSeed(kind, seed)
  const random = createRandom(derived)
  const material = { colour: vary(random.pick(filaments), random, 0.12), gloss: random.between(0.08, 0.5) }
  const bed = createBed(random)
  return {
    kind,
    seed: derived,
    shape: random.pick(shapeNames),
    shapeSizeMm: random.between(42, 68),
    layerHeightMm: random.pick([0.28, 0.32, 0.4]),
    lineWidthMm: random.between(0.5, 0.72),
    material,
    bed,
    camera: createCamera(random),
    light: createLight(random),
    background: createBackground(random),
    printer: createPrinterLook(random),
    lens: createLens(random),
  }
}

/** The seed all of a world's chance grows from. Its lowest bit says which of the two sets it is in. */
export function deriveWorldSeed(kind: WorldKind, seed: number): number {
  const isJudge = kind === 'judge' ? 1 : 0
  return ((mixSeed('world', kind, seed) & ~1) | isJudge) >>> 0
}

function createBed(random: Random): World['bed'] {
  const kind = random.pick(['textured', 'textured', 'glass', 'magnetic', 'magnetic', 'gold', 'tape'] as const)
  const colours: Record<BedKind, Colour> = {
    textured: [0.035, 0.036, 0.04],
    glass: [0.1, 0.105, 0.11],
    magnetic: [0.022, 0.022, 0.024],
    gold: [0.2, 0.14, 0.06],
    tape: [0.06, 0.18, 0.34],
  }
  return {
    kind,
    sizeMm: random.pick([180, 210, 220, 235] as const),
    colour: vary(colours[kind], random, 0.2),
    hasGrid: kind !== 'tape' && random.chance(0.45),
    hasLabel: kind !== 'tape' && random.chance(0.6),
  }
}

function createCamera(random: Random): World['camera'] {
  return {
    azimuth: random.between(-0.75, 0.75),
    elevation: random.between(0.32, 0.8),
    distanceMm: random.between(165, 265),
    fieldOfView: random.between(0.62, 0.86),
    roll: random.between(-0.03, 0.03),
    target: vector(random.between(-14, 14), random.between(-8, 10), random.between(12, 30)),
  }
}

function createLight(random: Random): World['light'] {
  const azimuth = random.between(0, 2 * Math.PI)
  const elevation = random.between(0.75, 1.25)
  const warmth = random.between(-0.16, 0.2)
  const strength = random.between(1.1, 1.9)
  const ambient = random.between(0.3, 0.6)
  return {
    direction: normalize(
      vector(
        Math.cos(azimuth) * Math.cos(elevation),
        // Light from behind the part would leave the camera's side black.
        -Math.abs(Math.sin(azimuth)) * Math.cos(elevation),
        Math.sin(elevation),
      ),
    ),
    colour: [strength * (1 + warmth), strength, strength * (1 - warmth)],
    ambient: [ambient * (1 - warmth * 0.4), ambient, ambient * (1 + warmth * 0.4)],
    softnessMm: random.between(0.8, 3.2),
  }
}

function createBackground(random: Random): World['background'] {
  const isEnclosed = random.chance(0.35)
  const wall = random.pick<Colour>([
    [0.5, 0.48, 0.44],
    [0.32, 0.34, 0.38],
    [0.18, 0.16, 0.14],
    [0.26, 0.32, 0.3],
    [0.55, 0.5, 0.4],
  ] as const)
  const desk = random.pick<Colour>([
    [0.3, 0.17, 0.08],
    [0.42, 0.4, 0.38],
    [0.1, 0.07, 0.05],
    [0.4, 0.28, 0.16],
  ] as const)
  return {
    wall: vary(isEnclosed ? [0.12, 0.125, 0.13] : wall, random, 0.25),
    desk: vary(isEnclosed ? [0.07, 0.07, 0.072] : desk, random, 0.25),
    isEnclosed,
    shelves: isEnclosed ? 0 : random.whole(2, 9),
    hasWindow: !isEnclosed && random.chance(0.4),
    blurPx: random.between(3, 8),
  }
}

function createPrinterLook(random: Random): World['printer'] {
  const dark: Colour = [0.02, 0.02, 0.022]
  const frame = random.pick([dark, dark, [0.35, 0.36, 0.37], [0.06, 0.06, 0.065]] as const)
  return {
    frame: vary(frame, random, 0.3),
    head: vary(
      random.pick([dark, [0.03, 0.03, 0.032], [0.5, 0.5, 0.5], [0.6, 0.16, 0.02]] as const),
      random,
      0.3,
    ),
    accent: vary(random.pick(filaments), random, 0.2),
  }
}

function createLens(random: Random): World['lens'] {
  return {
    exposure: random.between(0.85, 1.2),
    balance: [random.between(0.93, 1.07), 1, random.between(0.92, 1.08)],
    vignette: random.between(0.08, 0.34),
    noise: random.between(1, 4.2),
    blur: random.between(0.05, 0.3),
    jpegQuality: random.whole(68, 88),
  }
}

/** A colour a little lighter or darker, and with a little cast, as no two batches are alike. */
function vary(colour: Colour, random: Random, amount: number): Colour {
  const level = 1 + random.between(-amount, amount)
  const tint = () => level * (1 + random.between(-amount, amount) * 0.3)
  return [colour[0] * tint(), colour[1] * tint(), colour[2] * tint()]
}
