import path from 'node:path'
import { runCommand } from './install.ts'

const device = path.resolve(import.meta.dirname, '../../device')

/** Builds the addon for GPIO; at once where it is there. */
export async function buildGpioAddon(): Promise<void> {
  await runCommand(process.execPath, [path.join(device, 'printer', 'native-gpio.ts')], { timeoutMs: 400_000 })
}

/** Gets TensorFlow's C library for tfjs-node; at once where it is there. */
export async function buildTfjsNode(): Promise<void> {
  await runCommand(process.execPath, [path.join(device, 'detector', 'native-tfjs.ts')], {
    timeoutMs: 900_000,
  })
}
