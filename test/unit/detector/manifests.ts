import { ModelManifest } from '../../../device/detector/manifest.ts'

const noSha256 = '0'.repeat(64)

/** A manifest of a model that is not there, for what only reads its numbers. */
export function makeManifest(changes: Record<string, unknown> = {}): ModelManifest {
  return ModelManifest.parse({
    version: '1',
    labels: ['failure', 'spaghetti'],
    input: { width: 320, height: 320, layout: 'NHWC', range: [0, 255] },
    map: { width: 20, height: 20 },
    frameScore: { channel: 'failure', hottestCells: 6 },
    calibration: { slope: 1.5, intercept: -0.5 },
    boxes: { cellThreshold: 0.5 },
    sha256: noSha256,
    files: {
      tfjs: { path: 'tfjs/model.json', files: { 'tfjs/model.json': noSha256 } },
      onnx: { path: 'model.onnx', sha256: noSha256 },
    },
    reference: { tolerance: 1e-3, path: 'reference.json' },
    ...changes,
  })
}
