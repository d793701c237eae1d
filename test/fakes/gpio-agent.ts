import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { lampModes } from '../../device/pins/lamp.ts'
import { openGpio } from '../../device/printer/gpio.ts'

/*
 * Opens the GPIO that the first argument configures, says what happens on standard output, and does what standard
 * input says: cut, a mode of the lamp, close. Runs where a test has put a made-up /sys/class/gpio.
 */

const say = (line: string) => process.stdout.write(`${line}\n`)
const log = pino(
  { base: null, timestamp: false },
  { write: (line) => say(`log ${Object(JSON.parse(line)).msg}`) },
)

try {
  const gpio = await openGpio(JSON.parse(process.argv[2] ?? '{}'), {
    log,
    onPress: () => say('pressed'),
    onContact: (sensor, news) =>
      say(`${sensor} ${'fault' in news ? `${news.kind} ${news.fault}` : news.kind}`),
  })
  say(`open ${Object.keys(gpio).join(' ')}`)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'cut') gpio.cutPower?.()
    const [, to] = /^light (on|off)$/.exec(line) ?? []
    if (to === 'on' || to === 'off') await gpio.light?.turn(to, AbortSignal.timeout(1_000))
    if (line === 'light?') say(`light ${await gpio.light?.isOn(AbortSignal.timeout(1_000))}`)
    const mode = lampModes.find((one) => one === line)
    if (mode) gpio.setLamp?.(mode)
    if (line === 'close') {
      gpio.close()
      process.exit(0)
    }
    say(`did ${line}`)
  }
} catch (error) {
  say(error instanceof Error ? `${error.name} ${error.message}` : String(error))
  process.exit(1)
}
