/** Exits with 0 where TensorFlow's library loads and multiplies two matrices rightly. */
import { loadTensorFlow } from './tfjs-node.ts'

const tf = await loadTensorFlow(1)
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]))
const isRight = [...(await product.data())].join() === '19,22,43,50'
process.exitCode = tf.getBackend() === 'tensorflow' && isRight ? 0 : 1
