import { ConfigError } from '@layerwatch/shared/errors.ts'
import * as tf from '@tensorflow/tfjs-core'
import type { LayerDescription, NetworkDescription } from './tfjs-model.ts'

/*
 * Runs a layers model on whatever backend TensorFlow.js has been given. Its own runner (tfjs-layers) computes
 * convolution, bias and activation one after another, each into a new tensor, since it can't fuse relu6. That
 * takes more than twice the time on WebAssembly, and much more memory.
 */

type Run = (...inputs: tf.Tensor4D[]) => tf.Tensor4D

interface Step {
  name: string
  inputs: string[]
  run: Run
  /** Outputs that no later step needs. */
  spent: string[]
}

/** A network whose weights are tensors of the current backend. */
export interface Network {
  /** @param input flat over `shape` */
  run(input: Float32Array, shape: [number, number, number, number]): Promise<Float32Array>
  dispose(): void
}

/**
 * Puts a network together on the current backend.
 * @throws ConfigError where a layer lacks its weights or its input.
 */
export function buildNetwork({ layers, outputLayer, weights }: NetworkDescription): Network {
  const tensors: tf.Tensor[] = []
  const keep = <Kept extends tf.Tensor>(tensor: Kept): Kept => {
    tensors.push(tensor)
    return tensor
  }
  const makeWeights: WeightMaker = {
    kernel: (name) => {
      const { shape, values } = find(weights, name)
      const [height = 0, width = 0, channelsIn = 0, channelsOut = 0] = shape
      return keep(tf.tensor4d(values, [height, width, channelsIn, channelsOut]))
    },
    bias: (name) => keep(tf.tensor1d(find(weights, name).values)),
  }
  const steps = orderSteps(layers, outputLayer, makeWeights)
  return {
    run: async (input, shape) => {
      const output = runSteps(steps, tf.tensor4d(input, shape))
      const logits = await output.data<'float32'>()
      output.dispose()
      return logits
    },
    dispose: () => tf.dispose(tensors),
  }
}

/** Every layer as a step that knows which outputs it uses last. */
function orderSteps(layers: LayerDescription[], outputLayer: string, makeWeights: WeightMaker): Step[] {
  const lastUse = new Map<string, string>([[outputLayer, '']])
  for (const layer of layers.toReversed()) {
    for (const source of listInputs(layer)) if (!lastUse.has(source)) lastUse.set(source, layer.name)
  }
  const known = new Set<string>()
  return layers.map((layer) => {
    const inputs = listInputs(layer)
    const stranger = inputs.find((source) => !known.has(source))
    if (stranger !== undefined)
      throw new ConfigError(`layer ${layer.name} needs ${stranger}, which is not there`)
    known.add(layer.name)
    const spent = [...new Set(inputs)].filter((source) => lastUse.get(source) === layer.name)
    return { name: layer.name, inputs, run: describeRun(layer, makeWeights), spent }
  })
}

function listInputs(layer: LayerDescription): string[] {
  return layer.inbound_nodes.flat().map(([source]) => source)
}

function runSteps(steps: Step[], input: tf.Tensor4D): tf.Tensor4D {
  const outputs = new Map<string, tf.Tensor4D>()
  let last = input
  for (const { name, inputs, run, spent } of steps) {
    const taken = inputs.length === 0 ? [input] : inputs.map((source) => find(outputs, source))
    last = tf.tidy(() => run(...taken))
    outputs.set(name, last)
    for (const source of spent) {
      find(outputs, source).dispose()
      outputs.delete(source)
    }
  }
  return last
}

interface WeightMaker {
  kernel(name: string): tf.Tensor4D
  bias(name: string): tf.Tensor1D
}

function describeRun(layer: LayerDescription, makeWeights: WeightMaker): Run {
  switch (layer.class_name) {
    case 'InputLayer':
      return (x) => take(x)
    case 'Rescaling': {
      const { scale, offset } = layer.config
      return (x) => tf.add(tf.mul(take(x), scale), offset)
    }
    case 'Conv2D':
    case 'DepthwiseConv2D':
      return describeConvolution(layer, makeWeights)
    case 'Add':
      return (first, second) => tf.add(take(first), take(second))
    case 'UpSampling2D': {
      const [rows, columns] = layer.config.size
      return (x) => {
        const [, height, width] = take(x).shape
        return tf.image.resizeNearestNeighbor(take(x), [height * rows, width * columns])
      }
    }
    case 'Concatenate':
      return (...inputs) => tf.concat(inputs, layer.config.axis)
  }
}

type Convolution = Extract<LayerDescription, { class_name: 'Conv2D' | 'DepthwiseConv2D' }>

function describeConvolution({ class_name, name, config }: Convolution, makeWeights: WeightMaker): Run {
  const isDepthwise = class_name === 'DepthwiseConv2D'
  const filter = makeWeights.kernel(`${name}/${isDepthwise ? 'depthwise_kernel' : 'kernel'}`)
  const bias = makeWeights.bias(`${name}/bias`)
  const run = isDepthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d
  const { strides, padding: pad, activation } = config
  return (x) => run({ x: take(x), filter, bias, strides, pad, activation })
}

function take(input: tf.Tensor4D | undefined): tf.Tensor4D {
  if (!input) throw new ConfigError('a layer of the model lacks an input')
  return input
}

function find<Value>(values: Map<string, Value>, name: string): Value {
  const value = values.get(name)
  if (value === undefined) throw new ConfigError(`the model lacks ${name}`)
  return value
}
