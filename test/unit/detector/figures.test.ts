import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measurePicture } from '../../../device/detector/figures.ts'

const size = { width: 64, height: 64 }

/** A picture whose grey level is a function of the place. */
function paint(level: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3)
    return level(pixel % 64, Math.floor(pixel / 64))
  })
}

test('an even picture has its own brightness and no sharpness', () => {
  const figures = measurePicture(
    paint(() => 100),
    size,
  )
  assert.ok(Math.abs(figures.brightness - 100) < 0.01)
  assert.equal(figures.darkShare, 0)
  assert.equal(figures.brightShare, 0)
  assert.ok(figures.sharpness < 0.01)
})

test('dark and bright pixels are counted as shares', () => {
  const figures = measurePicture(
    paint((x) => (x < 16 ? 15 : 240)),
    size,
  )
  assert.equal(figures.darkShare, 0.25)
  assert.equal(figures.brightShare, 0.75)
})

test('a slope of light is not sharp, stripes are', () => {
  const slope = measurePicture(
    paint((x) => x * 3),
    size,
  )
  const stripes = measurePicture(
    paint((x) => (x % 2) * 100),
    size,
  )
  assert.ok(slope.sharpness < 0.01)
  // Every pixel differs from both neighbours by 100, so the Laplacian is ±200.
  assert.ok(Math.abs(stripes.sharpness - 40_000) < 100)
})

test('colours weigh as they do for the eye', () => {
  const green = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index % 3 === 1 ? 255 : 0))
  assert.ok(Math.abs(measurePicture(green, size).brightness - 0.587 * 255) < 0.01)
})

test('fine detail is told from coarse, and light takes nothing from it', () => {
  const wave = (period: number, height: number) =>
    measurePicture(
      paint(
        (x, y) =>
          120 + height * (Math.sin((2 * Math.PI * x) / period) + Math.cos((2 * Math.PI * y) / period)),
      ),
      size,
    ).fineness
  assert.ok(wave(4, 50) > 3 * wave(16, 50))
  assert.ok(Math.abs(wave(4, 10) / wave(4, 50) - 1) < 0.1)
  const even = measurePicture(
    paint(() => 100),
    size,
  )
  assert.equal(even.fineness, 0)
})

test('the thumbnail has 64×64 means, row by row from the upper left', () => {
  const side = 128
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3)
    return Math.floor(pixel / side) < 64 ? 0 : (pixel % side) * 2
  })
  const { thumbnail } = measurePicture(pixels, { width: side, height: side })
  assert.equal(thumbnail.length, 4096)
  assert.equal(thumbnail[0], 0)
  assert.equal(thumbnail[32 * 64], 1)
  assert.equal(thumbnail[32 * 64 + 63], 253)
})
