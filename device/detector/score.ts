import type { ModelManifest } from './manifest.ts'

type Calibration = ModelManifest['calibration']

/** Probability 0..1 of a logit, at even odds before looking. */
export function calibrate(logit: number, { slope, intercept }: Calibration): number {
  return 1 / (1 + Math.exp(-(slope * logit + intercept)))
}

/** The logit from which on `calibrate` gives at least this probability. */
export function invertCalibration(probability: number, { slope, intercept }: Calibration): number {
  return (Math.log(probability / (1 - probability)) - intercept) / slope
}

/** Mean of the `count` highest logits, or of all where there are fewer. */
export function averageHottest(logits: Iterable<number>, count: number): number {
  const hottest = Float64Array.from(logits).sort().slice(-count)
  return hottest.reduce((sum, logit) => sum + logit, 0) / hottest.length
}

/**
 * One channel of the network's output.
 * @param logits `[1, rows, columns, labels]`, flat.
 */
export function takeChannel(logits: Float32Array, channel: number, channels: number): Float32Array {
  const cells = new Float32Array(logits.length / channels)
  for (let cell = 0; cell < cells.length; cell++) cells[cell] = logits[cell * channels + channel] ?? 0
  return cells
}

/** Calibrated probability that the frame shows a failing print. */
export function scoreFrame(logits: Float32Array, manifest: ModelManifest): number {
  const { labels, frameScore, calibration } = manifest
  const cells = takeChannel(logits, labels.indexOf(frameScore.channel), labels.length)
  return calibrate(averageHottest(cells, frameScore.hottestCells), calibration)
}
