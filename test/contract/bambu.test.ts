import { pino } from 'pino'
import { openBambu } from '../../device/printer/bambu.ts'
import { startFakeBambu } from '../fakes/bambu.ts'
import { describePrinter } from './printer-suite.ts'

const log = pino({ level: 'silent' })

for (const series of ['X1', 'P1'] as const) {
  describePrinter(`Bambu Lab's ${series} broker`, async () => {
    const fake = await startFakeBambu({ series })
    const { host, port, serial, accessCode, fingerprint } = fake
    return {
      printer: openBambu({ kind: 'bambu', host, port, serial, accessCode, fingerprint }, { log }),
      jobName: 'vase',
      gcode: undefined,
      start: async () => fake.start('vase'),
      reset: async () => fake.report({ gcode_state: 'IDLE', print_error: 0 }),
      vanish: () => fake.close(),
      close: () => fake.close(),
    }
  })
}
