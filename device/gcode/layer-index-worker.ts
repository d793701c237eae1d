import { parentPort, workerData } from 'node:worker_threads'
import { indexLayers } from './layers.ts'
import { parseGcode } from './parse.ts'

/** Reads a whole G-code file, which may take seconds on a small machine, and answers where its layers begin. */
const { layers } = indexLayers(parseGcode(workerData))
parentPort?.postMessage(Float64Array.from(layers, ({ startByte }) => startByte))
