import { spawn } from 'node:child_process'
import path from 'node:path'

const device = path.resolve(import.meta.dirname, '../../device')

/** Builds the addon for GPIO; at once where it is there. */
export function buildGpioAddon(): Promise<void> {
  return runShown(path.join(device, 'printer', 'native-gpio.ts'), 'the GPIO addon (npm run native:gpio)')
}

/** Gets TensorFlow's C library for tfjs-node; at once where it is there. */
export function buildTfjsNode(): Promise<void> {
  return runShown(path.join(device, 'detector', 'native-tfjs.ts'), 'tfjs-node (npm run native:tfjs)')
}

/** Runs a script whose own lines are the progress. */
function runShown(script: string, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 900_000,
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${what} could not be built; it says why above`)),
    )
  })
}
