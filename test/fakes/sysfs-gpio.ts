import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { listPins } from '../../device/pins/config.ts'
import { waitUntil } from '../setup/wait.ts'

/**
 * A process in a mount namespace of its own that has a made-up /sys/class/gpio of a Pi 4 with Linux 6.6: plain
 * files of the names in https://www.kernel.org/doc/html/latest/admin-guide/gpio/sysfs.html. Interrupts are the
 * one thing plain files can't do.
 */
export interface GpioProcess {
  /** Lines it said. */
  said: string[]
  tell(line: string): void
  read(pin: number, file: string): string
  write(pin: number, file: string, text: string): void
  ended: Promise<number>
}

/** First number of the header's chip. */
const base = 512

export interface SysfsOptions {
  label?: string
  /** Pins that an earlier process left as outputs, and at what level. */
  outputs?: Record<number, '0' | '1'>
  /** What inputs read like at first; `0` where it is not said, as sysfs reads with active-low undone. */
  inputs?: Record<number, '0' | '1'>
}

/** Why a namespace can't be had here, or undefined. */
export function whyNoNamespace(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  return process.getuid?.() === 0 ? undefined : 'needs root for a mount namespace'
}

export async function startGpioProcess(config: unknown, options: SysfsOptions = {}): Promise<GpioProcess> {
  const pins = pinsOf(config)
  const agent = path.join(import.meta.dirname, 'gpio-agent.ts')
  const child = spawn(
    'unshare',
    [
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      `${layOut(pins, options)}; exec "$0" "$@"`,
      process.execPath,
      agent,
      JSON.stringify(config),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  process.once('exit', () => child.kill('SIGKILL'))
  await waitUntil('the process speaks', () => said.some((line) => /^(open|\w+Error)/.test(line)))
  const file = (pin: number, name: string) =>
    `/proc/${child.pid}/root/sys/class/gpio/gpio${base + pin}/${name}`
  return {
    said,
    tell: (line) => child.stdin.write(`${line}\n`),
    read: (pin, name) => (existsSync(file(pin, name)) ? readFileSync(file(pin, name), 'utf8').trim() : ''),
    write: (pin, name, text) => writeFileSync(file(pin, name), text),
    ended,
  }
}

/** Shell lines that make the folder; pins are there before anybody exports them, which plain files can't do. */
function layOut(
  pins: number[],
  { label = 'pinctrl-bcm2711', outputs = {}, inputs = {} }: SysfsOptions,
): string {
  const chip = `/sys/class/gpio/gpiochip${base}`
  const lines = [
    'mount -t tmpfs none /sys/class',
    `mkdir -p ${chip}`,
    `echo ${label} > ${chip}/label; echo ${base} > ${chip}/base; echo 58 > ${chip}/ngpio`,
    'touch /sys/class/gpio/export /sys/class/gpio/unexport',
  ]
  for (const pin of pins) {
    const folder = `/sys/class/gpio/gpio${base + pin}`
    const level = outputs[pin]
    lines.push(
      `mkdir ${folder}`,
      `echo ${level ?? inputs[pin] ?? '0'} > ${folder}/value`,
      `echo ${level === undefined ? 'in' : 'out'} > ${folder}/direction`,
      `echo none > ${folder}/edge; echo 0 > ${folder}/active_low`,
    )
  }
  return lines.join(' && ')
}

function pinsOf(config: unknown): number[] {
  return listPins(Object(config)).map(({ pin }) => pin)
}
