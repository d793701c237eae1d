import { join, posix } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import { type Model, readModelFile } from './manifest.ts'

const Activation = z.enum(['linear', 'relu', 'relu6'])
const Pair = z.tuple([z.int().positive(), z.int().positive()])

const convolution = {
  strides: Pair,
  padding: z.enum(['same', 'valid']),
  data_format: z.literal('channels_last'),
  use_bias: z.literal(true),
  activation: Activation,
}

/** `[layer, 0, 0, {}]`: a layer whose output comes in. */
const InboundNode = z.tuple([z.string()]).rest(z.unknown())
const common = { name: z.string(), inbound_nodes: z.array(z.array(InboundNode)).max(1) }

/** The kinds of layer that a detector is made of, described as Keras does. */
const LayerDescription = z.discriminatedUnion('class_name', [
  z.object({ ...common, class_name: z.literal('InputLayer') }),
  z.object({
    ...common,
    class_name: z.literal('Rescaling'),
    config: z.object({ scale: z.number(), offset: z.number() }),
  }),
  z.object({ ...common, class_name: z.literal('Conv2D'), config: z.object(convolution) }),
  z.object({ ...common, class_name: z.literal('DepthwiseConv2D'), config: z.object(convolution) }),
  z.object({ ...common, class_name: z.literal('Add') }),
  z.object({
    ...common,
    class_name: z.literal('UpSampling2D'),
    config: z.object({ size: Pair, interpolation: z.literal('nearest') }),
  }),
  z.object({ ...common, class_name: z.literal('Concatenate'), config: z.object({ axis: z.literal(-1) }) }),
])
export type LayerDescription = z.infer<typeof LayerDescription>

/** `model.json` of TensorFlow.js: the layers, and the shards that hold their weights one after another. */
const LayersFile = z.object({
  modelTopology: z.object({
    config: z.object({
      layers: z.array(LayerDescription).min(1),
      output_layers: z.tuple([InboundNode]),
    }),
  }),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().positive()),
          dtype: z.literal('float32'),
        }),
      ),
    }),
  ),
})

/** A network as read from disk. */
export interface NetworkDescription {
  /** In the order of computation. */
  layers: LayerDescription[]
  outputLayer: string
  /** By `layer/kernel`, `layer/depthwise_kernel` and `layer/bias`. */
  weights: Map<string, { shape: number[]; values: Float32Array }>
}

/**
 * Reads the TensorFlow.js form of a model, every file checked against the manifest.
 * @throws ConfigError where a file is missing, not the one the manifest names, or has a layer unknown here.
 */
export async function readTfjsModel(model: Model): Promise<NetworkDescription> {
  const { path, files } = model.manifest.files.tfjs
  const read = (file: string) => {
    const sha256 = files[file]
    if (sha256 === undefined) throw new ConfigError(`the manifest in ${model.dir} does not name ${file}`)
    return readModelFile(model, file, sha256)
  }
  const { modelTopology, weightsManifest } = parseLayersFile(join(model.dir, path), await read(path))
  const shards: Buffer[] = []
  for (const shard of weightsManifest.flatMap((group) => group.paths)) {
    shards.push(await read(posix.join(posix.dirname(path), shard)))
  }
  const { layers, output_layers } = modelTopology.config
  return {
    layers,
    outputLayer: output_layers[0][0],
    weights: cutWeights(
      Buffer.concat(shards),
      weightsManifest.flatMap((group) => group.weights),
    ),
  }
}

/** Weights are little-endian float32, as every processor this runs on has them. */
function cutWeights(
  bytes: Buffer,
  specs: { name: string; shape: number[] }[],
): NetworkDescription['weights'] {
  let offset = 0
  const weights: NetworkDescription['weights'] = new Map()
  for (const { name, shape } of specs) {
    const length = shape.reduce((product, size) => product * size, 1) * Float32Array.BYTES_PER_ELEMENT
    const values = new Float32Array(new Uint8Array(bytes.subarray(offset, offset + length)).buffer)
    weights.set(name, { shape, values })
    offset += length
  }
  if (offset !== bytes.length) throw new ConfigError('the shards do not hold the weights that are listed')
  return weights
}

function parseLayersFile(path: string, bytes: Buffer): z.infer<typeof LayersFile> {
  try {
    return LayersFile.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new ConfigError(`${path} is no layers model that a detector can run`, { cause })
  }
}
