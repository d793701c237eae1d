import { createRandom, type Random } from './random.ts'
import type { World } from './world.ts'

/** The bed's surface: how light it is at each place, as a factor on its colour, on a grid. */
export type Bed = { factors: Float32Array; cells: number; cellMm: number; sizeMm: number; gloss: number }

const cellMm = 0.35

/** Draws a bed: its grain, printed lines, a label, the scratches and dust of use. */
export function createBed(world: World): Bed {
  const random = createRandom(world.seed ^ 0x5bed)
  const { kind, sizeMm, hasGrid, hasLabel } = world.bed
  const cells = Math.ceil(sizeMm / cellMm)
  const bed: Bed = { factors: new Float32Array(cells * cells).fill(1), cells, cellMm, sizeMm, gloss: 0.1 }
  const grain = { textured: 0.3, gold: 0.3, glass: 0.03, magnetic: 0.14, tape: 0.1 }[kind]
  bed.gloss = { textured: 0.12, gold: 0.3, glass: 0.4, magnetic: 0.1, tape: 0.06 }[kind]
  addBlotches(bed, random)
  for (let i = 0; i < bed.factors.length; i++)
    bed.factors[i] = (bed.factors[i] ?? 1) * (1 + random.normal() * grain)
  const line = kind === 'gold' ? 0.6 : 3.2
  if (kind === 'tape') addTapeSeams(bed, random)
  if (hasGrid) addGrid(bed, random.pick([10, 20, 50] as const), line)
  if (hasLabel) addLabel(bed, random, line)
  addScratches(bed, random)
  return bed
}

function addBlotches(bed: Bed, random: Random): void {
  const marks = Array.from({ length: 14 }, () => ({
    x: random.between(0, bed.cells),
    y: random.between(0, bed.cells),
    radius: random.between(25, 130),
    level: random.between(-0.12, 0.14),
  }))
  for (let y = 0; y < bed.cells; y++) {
    for (let x = 0; x < bed.cells; x++) {
      let factor = 1
      for (const mark of marks) {
        const away = ((x - mark.x) ** 2 + (y - mark.y) ** 2) / (mark.radius * mark.radius)
        if (away < 1) factor += mark.level * (1 - away) ** 2
      }
      bed.factors[y * bed.cells + x] = factor
    }
  }
}

function addGrid(bed: Bed, pitchMm: number, level: number): void {
  for (let at = pitchMm; at < bed.sizeMm; at += pitchMm) {
    const width = at % 50 === 0 ? 0.8 : 0.45
    multiply(bed, { x: at, y: 5, width, height: bed.sizeMm - 10 }, level)
    multiply(bed, { x: 5, y: at, width: bed.sizeMm - 10, height: width }, level)
  }
}

/** A maker's mark and a line of small print near the front edge; no real letters are needed at this size. */
function addLabel(bed: Bed, random: Random, level: number): void {
  const left = random.between(12, bed.sizeMm * 0.55)
  const tall = random.between(5, 11)
  let x = left
  for (let letter = 0; letter < 6; letter++) {
    const wide = tall * random.between(0.45, 0.75)
    addLetter(bed, { x, y: 10, width: wide, height: tall }, random, level)
    x += wide * 1.3
  }
  for (let letter = 0; letter < 34; letter++) {
    const place = { x: left + letter * 1.7, y: 6, width: random.between(0.5, 1.3), height: 1.6 }
    if (random.chance(0.85)) multiply(bed, place, level * 0.8)
  }
}

type Rectangle = { x: number; y: number; width: number; height: number }

function addLetter(bed: Bed, box: Rectangle, random: Random, level: number): void {
  const stroke = box.height * 0.18
  multiply(bed, { ...box, width: stroke }, level)
  if (random.chance(0.6)) multiply(bed, { ...box, height: stroke }, level)
  if (random.chance(0.6)) multiply(bed, { ...box, y: box.y + box.height - stroke, height: stroke }, level)
  if (random.chance(0.6)) multiply(bed, { ...box, y: box.y + box.height / 2, height: stroke }, level)
  if (random.chance(0.6)) multiply(bed, { ...box, x: box.x + box.width - stroke, width: stroke }, level)
}

function addTapeSeams(bed: Bed, random: Random): void {
  for (let x = random.between(10, 40); x < bed.sizeMm; x += 48) {
    multiply(bed, { x, y: 0, width: 0.7, height: bed.sizeMm }, 0.6)
    multiply(bed, { x: x + 0.7, y: 0, width: 47, height: bed.sizeMm }, random.between(0.9, 1.1))
  }
}

function addScratches(bed: Bed, random: Random): void {
  const count = random.whole(4, 26)
  for (let i = 0; i < count; i++) {
    let x = random.between(0, bed.sizeMm)
    let y = random.between(0, bed.sizeMm)
    const angle = random.between(0, 6.28)
    const level = random.between(0.8, 1.7)
    const steps = random.whole(10, 90)
    for (let step = 0; step < steps; step++) {
      multiply(bed, { x, y, width: 0.36, height: 0.36 }, level)
      x += Math.cos(angle) * 0.34
      y += Math.sin(angle) * 0.34
    }
  }
}

function multiply(bed: Bed, place: Rectangle, level: number): void {
  const left = Math.max(0, Math.round(place.x / bed.cellMm))
  const right = Math.min(bed.cells, Math.max(left + 1, Math.round((place.x + place.width) / bed.cellMm)))
  const top = Math.max(0, Math.round(place.y / bed.cellMm))
  const bottom = Math.min(bed.cells, Math.max(top + 1, Math.round((place.y + place.height) / bed.cellMm)))
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const cell = y * bed.cells + x
      bed.factors[cell] = (bed.factors[cell] ?? 1) * level
    }
  }
}
