import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginButton, readButton } from '../../../device/printer/press.ts'

/** Reads a button every 20 ms; gives the moments at which a press was told. */
function read(levels: string, debounceMs = 30): number[] {
  let button = beginButton(levels[0] === '1', 0)
  return [...levels].flatMap((level, index) => {
    const nowMs = index * 20
    const [next, isNews] = readButton(button, { isPressed: level === '1', nowMs, debounceMs })
    button = next
    return isNews ? [nowMs] : []
  })
}

test('a press is told once, when it has lasted', () => {
  assert.deepEqual(read('00111111100'), [80])
  assert.deepEqual(read('001111000111100'), [80, 220])
})

test('a contact that bounces is told when it rests, a spark never', () => {
  assert.deepEqual(read('00101011100'), [160])
  assert.deepEqual(read('0010100100100'), [])
})

test('a button that is pressed from the beginning is told only when it was released between', () => {
  assert.deepEqual(read('11111111'), [])
  assert.deepEqual(read('1111001111'), [160])
})
