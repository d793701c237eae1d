import { pino } from 'pino'
import { openMoonraker } from '../../device/printer/moonraker.ts'
import { raw } from '../fakes/http-peer.ts'
import type { FakeMoonraker } from '../fakes/moonraker.ts'
import { startFakeMoonraker } from '../fakes/moonraker.ts'
import { findMoonraker, startMoonraker } from '../setup/moonraker.ts'
import { waitUntil } from '../setup/wait.ts'
import { badAnswer } from './bad-answers.ts'
import type { BadWords } from './printer-bad-suite.ts'
import { describeBadPrinter } from './printer-bad-suite.ts'
import type { PrinterBench } from './printer-suite.ts'
import { describePrinter } from './printer-suite.ts'

const log = pino({ level: 'silent' })
const jobName = 'parts/square tower.gcode'
const gcode = `G28\n${Array.from({ length: 2000 }, (_, line) => `G1 X${line % 200} E1`).join('\n')}\n`

describePrinter('Moonraker (stand-in)', async (): Promise<PrinterBench> => {
  const moonraker = await startFakeMoonraker({ apiKey: 'key' })
  moonraker.files.set(jobName, gcode)
  const telling = setInterval(() => moonraker.update(), 100)
  const close = async () => {
    clearInterval(telling)
    await moonraker.close()
  }
  return {
    printer: openMoonraker({ kind: 'moonraker', url: moonraker.url, apiKey: 'key' }, { log }),
    jobName,
    gcode,
    start: async () => moonraker.klipper.start(jobName, gcode.length),
    reset: async () => {
      await moonraker.klipper.run('cancel')
    },
    vanish: close,
    close,
  }
})

const real = findMoonraker()
describePrinter(
  'Moonraker 0.11.0',
  async (): Promise<PrinterBench> => {
    const moonraker = await startMoonraker()
    await moonraker.upload(jobName, gcode)
    return {
      printer: openMoonraker({ kind: 'moonraker', url: moonraker.url, apiKey: moonraker.apiKey }, { log }),
      jobName,
      gcode,
      start: () => moonraker.start(jobName),
      reset: async () => {
        await moonraker.klipper.run('cancel')
        await waitUntil('Moonraker wrote down the end', () => moonraker.hasEnded())
      },
      vanish: () => moonraker.stop(),
      close: () => moonraker.stop(),
    }
  },
  real === undefined ? { skip: 'Moonraker is not installed: npm test gets it from PyPI' } : {},
)

describeBadPrinter('Moonraker (stand-in)', {
  open: async (elsewhere) => {
    const moonraker = await startFakeMoonraker()
    return {
      printer: openMoonraker({ kind: 'moonraker', url: moonraker.url }, { log }),
      start: (job) => {
        moonraker.klipper.start(`${job}.gcode`, 50_000)
        moonraker.update()
      },
      say: (words) => say(moonraker, words, elsewhere),
      isPaused: () => moonraker.klipper.state === 'paused',
      close: () => moonraker.close(),
    }
  },
})

function say(moonraker: FakeMoonraker, words: BadWords | undefined, elsewhere: string): void {
  const answer = badAnswer(words, elsewhere)
  moonraker.answers.clear()
  delete moonraker.klipper.says.print_stats
  if (answer !== undefined) moonraker.answers.set('*', answer)
  if (words === 'unknown state') moonraker.klipper.says.print_stats = { state: 'levitating' }
  if (words === 'not a number') {
    const figures = { file_position: 'NaN', file_size: null, progress: 'endless' }
    const status = { ...moonraker.klipper.objects(), virtual_sdcard: figures }
    const text = JSON.stringify({ result: { status } }).replace('"endless"', '1e999')
    moonraker.answers.set('/printer/objects/query', raw(200, 'application/json', text))
  }
  moonraker.update()
}
