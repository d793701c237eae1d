import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameDefect } from '../../../shared/defect-names.ts'
import { Defect } from '../../../shared/vocabulary.ts'

test('every defect of the vocabulary has a name without underscores', () => {
  for (const defect of Defect.options) assert.match(nameDefect(defect), /^[A-Z][a-z ]+$/)
})

test('a defect of a later version is called as it calls itself', () => {
  assert.equal(nameDefect('wobble'), 'wobble')
})
