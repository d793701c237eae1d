import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { QualityState } from '../../../device/camera/quality.ts'
import { judgeQuality, unknownQuality } from '../../../device/camera/quality.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'

const side = 64

/** Luma of a scene at a place. */
type Scene = (x: number, y: number) => number

/** Tiles that repeat every ten cells to the side and every fourteen down. */
const tiles: Scene = (x, y) => 110 + 40 * ((Math.floor(x / 5) + Math.floor(y / 7)) % 2)
/** Patches as they lie in a room: none is like its neighbours. */
const room: Scene = (x, y) => {
  const patch = Math.floor(x / 5) * 73 + Math.floor(y / 7) * 151
  return 90 + ((patch * patch + 17 * patch) % 97) + 20 * Math.sin(x / 4.6 + Math.sin(y / 6))
}

/** A scene at rest, with sensor noise that no two pictures share. */
function picture(
  number: number,
  changes: Partial<PictureFigures> & { movedBy?: number; scene?: Scene } = {},
): PictureFigures {
  const { movedBy = 0, scene = room, ...figures } = changes
  const thumbnail = Uint8Array.from({ length: side * side }, (_, cell) => {
    const luma = scene(100 + (cell % side) - movedBy, 100 + Math.floor(cell / side))
    return Math.round(luma + ((number * 31 + cell * 17) % 3) - 1)
  })
  const noise = (number % 97) / 1000
  return {
    width: 640,
    height: 480,
    brightness: 110 + noise,
    darkShare: 0.02,
    brightShare: 0.01,
    sharpness: 280 + noise,
    fineness: 0.24,
    thumbnail,
    ...figures,
  }
}

const flat = (luma: number) => new Uint8Array(side * side).fill(luma)
const black = (number: number) =>
  picture(number, { darkShare: 0.999, sharpness: 1 + number / 1e6, thumbnail: flat(3) })
const covered = (number: number) => picture(number, { sharpness: 1 + number / 1e6, thumbnail: flat(90) })
const blurred = (number: number) => picture(number, { sharpness: 3 + number / 1e6 })
const moved = (number: number) => picture(number, { movedBy: 10 })
const nudged = (number: number) => picture(number, { movedBy: 2 })
const soft = (number: number) => picture(number, { sharpness: 60 + number / 1e6, fineness: 0.13 })

/** Shows pictures one after the other, five seconds apart; gives what was said of each. */
function show(pictures: PictureFigures[], { start = unknownQuality, fromMs = 0, everyMs = 5_000 } = {}) {
  let state: QualityState = start
  const said = pictures.map((figures, index) => {
    const [next, verdict] = judgeQuality(state, figures, fromMs + index * everyMs)
    state = next
    return verdict.isUsable ? 'usable' : verdict.reason
  })
  return { said, state }
}

const series = (count: number, draw: (number: number) => PictureFigures, from = 0) =>
  Array.from({ length: count }, (_, index) => draw(from + index))

/** When the first picture of a bad series is called bad, in seconds from its beginning; then good ones follow. */
function learnedThen(bad: (number: number) => PictureFigures, count: number) {
  const usual = show(series(40, picture))
  const fromMs = 40 * 5_000
  const { said, state } = show(series(count, bad, 1_000), { start: usual.state, fromMs })
  const after = show(series(10, picture, 2_000), { start: state, fromMs: fromMs + count * 5_000 })
  return { usual: usual.said, said, after: after.said }
}

describe('the quality of pictures', () => {
  const cases = [
    { name: 'a black picture', draw: black, reason: 'camera-dark', fromPicture: 3 },
    { name: 'a covered lens', draw: covered, reason: 'camera-blocked', fromPicture: 7 },
    { name: 'a lens out of focus', draw: blurred, reason: 'camera-blurred', fromPicture: 13 },
    { name: 'a lens a little out of focus', draw: soft, reason: 'camera-blurred', fromPicture: 25 },
    { name: 'a frozen camera', draw: () => picture(1), reason: 'camera-frozen', fromPicture: 5 },
    { name: 'a camera that was knocked aside', draw: moved, reason: 'camera-moved', fromPicture: 13 },
    { name: 'a camera that was nudged', draw: nudged, reason: 'camera-moved', fromPicture: 13 },
  ] as const
  for (const { name, draw, reason, fromPicture } of cases) {
    test(`${name} is said after it has lasted, and three good pictures end it`, () => {
      const { usual, said, after } = learnedThen(draw, fromPicture)
      assert.deepEqual(new Set(usual), new Set(['usable']))
      assert.deepEqual(said, [...Array(fromPicture - 1).fill('usable'), reason])
      assert.deepEqual(after.slice(0, 4), [reason, reason, 'usable', 'usable'])
    })
  }

  test('one bad picture among good ones is nothing', () => {
    for (const bad of [black, covered, blurred, soft, moved, nudged]) {
      const mixed = series(200, (number) => (number % 3 === 0 && number > 40 ? bad(number) : picture(number)))
      assert.deepEqual(new Set(show(mixed).said), new Set(['usable']))
    }
  })

  test('many bad pictures within a moment are nothing yet', () => {
    const { state } = show(series(40, picture))
    for (const bad of [black, covered, blurred, soft, moved, nudged]) {
      const { said } = show(series(100, bad, 100), { start: state, fromMs: 200_000, everyMs: 80 })
      assert.deepEqual(new Set(said), new Set(['usable']))
    }
  })

  test('a dark picture that still shows something is judged', () => {
    const dim = (number: number) => picture(number, { darkShare: 0.912, sharpness: 42 + number / 1e6 })
    assert.deepEqual(new Set(show(series(60, dim)).said), new Set(['usable']))
  })

  test('light that goes down takes detail and contrast together, and is no blur', () => {
    const { state } = show(series(40, picture))
    const dim = (number: number) => {
      const { thumbnail } = picture(number)
      return picture(number, {
        sharpness: 12 + number / 1e6,
        fineness: 0.1,
        thumbnail: thumbnail.map((luma) => luma / 5),
      })
    }
    const { said } = show(series(60, dim), { start: state, fromMs: 200_000 })
    assert.deepEqual(new Set(said), new Set(['usable']))
  })

  test('a camera that stays where it was moved to is believed after a minute', () => {
    const { state } = show(series(40, picture))
    const { said } = show(series(60, moved, 50), { start: state, fromMs: 200_000 })
    assert.equal(said.filter((one) => one === 'camera-moved').length, 12)
    assert.equal(said.at(-1), 'usable')
  })

  test('pictures that stay softer than before are judged again after ten minutes, without detail they never are', () => {
    const { state } = show(series(40, picture))
    const { said } = show(series(200, soft, 50), { start: state, fromMs: 200_000 })
    assert.equal(said.filter((one) => one === 'camera-blurred').length, 120)
    assert.equal(said.at(-1), 'usable')
    const blind = show(series(200, blurred, 50), { start: state, fromMs: 200_000 }).said
    assert.equal(blind.at(-1), 'camera-blurred')
  })

  test('softer pictures of another print, after an hour without any, are no blur', () => {
    const { state } = show(series(40, picture))
    const { said } = show(series(60, soft, 50), { start: state, fromMs: 3_800_000 })
    assert.deepEqual(new Set(said), new Set(['usable']))
  })

  test('a view in which everything moves is never called moved', () => {
    const restless = (number: number) => picture(number, { movedBy: (number * 7) % 13 })
    assert.deepEqual(new Set(show(series(120, restless)).said), new Set(['usable']))
  })

  for (const [name, scene] of Object.entries({ room, tiles })) {
    test(`a print that grows over half of the picture is no move, before ${name}`, () => {
      const growing = (number: number) => {
        const { thumbnail } = picture(number, { scene })
        const top = side - Math.min(32, Math.floor(number / 4))
        return picture(number, { thumbnail: thumbnail.map((luma, cell) => (cell / side > top ? 200 : luma)) })
      }
      assert.deepEqual(new Set(show(series(200, growing)).said), new Set(['usable']))
    })
  }

  test('a bed with all that is on it that comes to lie elsewhere before a room at rest is no move', () => {
    const bed = (number: number) => {
      const { thumbnail } = picture(number, { movedBy: number < 60 ? 0 : 5 })
      const behind = picture(number).thumbnail
      return picture(number, {
        thumbnail: thumbnail.map((luma, cell) => (cell < 24 * side ? (behind[cell] ?? 0) : luma)),
      })
    }
    assert.deepEqual(new Set(show(series(120, bed)).said), new Set(['usable']))
  })

  test('a move is said though the head hides most of it in every third picture', () => {
    const { state } = show(series(40, picture))
    const seen = (number: number) => {
      const { thumbnail } = nudged(number)
      if (number % 3 !== 0) return nudged(number)
      return picture(number, {
        thumbnail: thumbnail.map((luma, cell) => (cell > 8 * side ? 40 + ((cell * number) % 150) : luma)),
      })
    }
    const { said } = show(series(30, seen, 100), { start: state, fromMs: 200_000 })
    assert.ok(said.includes('camera-moved'))
  })

  test('a frozen camera is told apart from one that looks at something still', () => {
    const almost = (number: number) => picture(1, { brightness: 110 + (number % 2) / 1000 })
    assert.deepEqual(new Set(show(series(60, almost)).said), new Set(['usable']))
  })
})
