import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { Defect } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { BackendName } from './detector.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** Relative to the model's folder and inside it. */
const ModelPath = z
  .string()
  .regex(/^[\w.-]+(\/[\w.-]+)*$/)
  .refine((path) => !path.split('/').includes('..'), 'leaves the folder of the model')

/** Probability = sigmoid(slope · logit + intercept). */
const Calibration = z.object({ slope: z.number().positive(), intercept: z.number() })
/** What a backend must answer to the reference input, see `reference.ts`; the tolerance is in logits. */
const Reference = z.object({ path: ModelPath, tolerance: z.number().positive() })

/** `manifest.json` of a model: what goes in, what comes out, and which files belong to it. */
export const ModelManifest = z.object({
  version: z.string(),
  /** Channels of the output in this order. `failure`, any failure at all, is always among them. */
  labels: z.array(Defect).min(1),
  /** float32 `[1, height, width, 3]`; the network itself brings the values from 0..255 to its own range. */
  input: z.object({
    width: z.int().positive(),
    height: z.int().positive(),
    layout: z.literal('NHWC'),
    range: z.tuple([z.literal(0), z.literal(255)]),
  }),
  /** Columns and rows of the output. */
  map: z.object({ width: z.int().positive(), height: z.int().positive() }),
  /** The frame's logit is the mean of this many hottest cells of this channel. */
  frameScore: z.object({ channel: Defect, hottestCells: z.int().positive() }),
  calibration: Calibration,
  boxes: z.object({
    /** Calibrated probability from which on a cell belongs to a failure, 0..1. */
    cellThreshold: z.number().gt(0).lt(1),
  }),
  sha256: Sha256,
  files: z.object({
    tfjs: z.object({ path: ModelPath, files: z.record(ModelPath, Sha256) }),
    onnx: z.object({ path: ModelPath, sha256: Sha256 }),
    /** Weights and activations of 8 bits: a function of its own, with what belongs to it. */
    onnxInt8: z
      .object({ path: ModelPath, sha256: Sha256, calibration: Calibration, reference: Reference })
      .optional(),
  }),
  reference: Reference,
})
export type ModelManifest = z.infer<typeof ModelManifest>

/** A model on disk. */
export interface Model {
  dir: string
  manifest: ModelManifest
}

/**
 * Reads `manifest.json` of a model's folder.
 * @throws ConfigError where it is missing or is no manifest.
 */
export async function loadModel(dir: string): Promise<Model> {
  const path = join(dir, 'manifest.json')
  const parsed = ModelManifest.safeParse(await readJson(path))
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(`${path} is no manifest of a model`, { problems, cause: parsed.error })
  }
  const manifest = parsed.data
  if (!manifest.labels.includes(manifest.frameScore.channel)) {
    throw new ConfigError(`${path} scores frames by "${manifest.frameScore.channel}", which is not a label`)
  }
  return { dir, manifest }
}

/**
 * The model as one runtime runs it: with the 8 bit weights come their own hash, calibration and reference.
 * @throws UnavailableError where the model has no weights for this runtime.
 */
export function selectWeights(model: Model, backend: BackendName): Model {
  if (backend !== 'onnx-int8') return model
  const { onnxInt8 } = model.manifest.files
  if (!onnxInt8) throw new UnavailableError('the model has no weights of 8 bits')
  const { path, sha256, calibration, reference } = onnxInt8
  const files = { ...model.manifest.files, onnx: { path, sha256 } }
  return { ...model, manifest: { ...model.manifest, files, sha256, calibration, reference } }
}

/**
 * Reads one file of a model and checks it.
 * @throws ConfigError where it is missing or not the file the manifest names.
 */
export async function readModelFile(model: Model, path: string, sha256: string): Promise<Buffer> {
  const full = join(model.dir, path)
  const bytes = await readFile(full).catch((cause: unknown) => {
    throw new ConfigError(`${full} can't be read`, { cause })
  })
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new ConfigError(`${full} is not the file that the manifest names (its SHA-256 differs)`)
  }
  return bytes
}

/** The shape `[1, height, width, 3]` of the input. */
export function inputShape({ input }: ModelManifest): [number, number, number, number] {
  return [1, input.height, input.width, 3]
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ConfigError(`${path} can't be read`, { cause })
  }
}
