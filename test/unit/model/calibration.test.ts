import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'

const training = path.resolve(import.meta.dirname, '../../../device/model/training')
const environment = process.env.LAYERWATCH_TRAINING_VENV ?? path.join(training, '.venv')
const python = path.join(environment, 'bin/python')

/** Calibrates logits of two kinds of frames that lie at `offset`, `scale` wide, and tells the error that is left. */
const program = `
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from figures import calibration_error, fit_calibration, sigmoid
random = np.random.default_rng(0)
for offset, scale in ((0, 1), (-8, 3), (20, 0.2), (-30, 1)):
    labels = (random.random(300) < 0.6).astype(float)
    logits = (random.normal(0, 1, 300) + 2 * (2 * labels - 1)) * scale + offset
    slope, intercept = fit_calibration(logits, labels)
    print(calibration_error(sigmoid(slope * logits + intercept), labels))
`

test('scores are calibrated wherever their zero and however wide their range', {
  skip: !existsSync(python) && 'needs the Python environment of the training',
}, async () => {
  const { stdout } = await promisify(execFile)(python, ['-B', '-c', program, training], { timeout: 60_000 })
  const errors = z.array(z.coerce.number()).length(4).parse(stdout.trim().split('\n'))
  for (const error of errors) assert.ok(error < 0.05, `calibration error ${error}`)
})
