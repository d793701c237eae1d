import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openBambu } from '../../device/printer/bambu.ts'
import type { FakeBambu } from '../fakes/bambu.ts'
import { startFakeBambu } from '../fakes/bambu.ts'
import { waitUntil } from '../setup/wait.ts'
import type { BadWords } from './printer-bad-suite.ts'
import { describeBadPrinter } from './printer-bad-suite.ts'
import { describePrinter } from './printer-suite.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

function openOn({ host, port, serial, accessCode, fingerprint }: FakeBambu) {
  return openBambu({ kind: 'bambu', host, port, serial, accessCode, fingerprint }, { log })
}

for (const series of ['X1', 'P1'] as const) {
  describePrinter(`Bambu Lab LAN mode, ${series} (stand-in)`, async () => {
    const fake = await startFakeBambu({ series })
    return {
      printer: openOn(fake),
      jobName: 'vase',
      gcode: undefined,
      start: async () => {
        fake.start('vase')
        await fake.isHeard()
      },
      reset: async () => {
        fake.report({ gcode_state: 'IDLE', print_error: 0 })
        await fake.isHeard()
      },
      vanish: () => fake.close(),
      close: () => fake.close(),
    }
  })
}

describeBadPrinter('Bambu Lab LAN mode (stand-in)', {
  open: async () => {
    const fake = await startFakeBambu()
    const printer = openOn(fake)
    return {
      printer,
      start: async (job) => {
        fake.start(job)
        await fake.isHeard()
      },
      say: async (words) => {
        say(fake, words)
        // What is pushed is there once it is heard; that a connection ended, or is another's, once it is noticed.
        if (words === undefined || words === 'not a number') return fake.isHeard()
        await waitUntil('it is noticed', async () => {
          const error = await printer.status(never).then(
            () => undefined,
            (error: unknown) => error,
          )
          return words === 'web page' ? error instanceof ProtocolError : error !== undefined
        })
      },
      isPaused: () => fake.state.gcode_state === 'PAUSE',
      close: () => fake.close(),
    }
  },
  impossible: { redirect: 'MQTT leads nowhere else' },
})

/** In place of MQTT: nothing, a web page, another protocol, or a message of 255 MB. */
const greetings: Partial<Record<BadWords, string>> = {
  silence: '',
  'web page': 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!doctype html>',
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
}

function say(fake: FakeBambu, words: BadWords | undefined): void {
  fake.behaves.greeting = words && greetings[words]
  if (fake.behaves.greeting !== undefined) fake.hangUp()
  if (words === 'without end') fake.sendWithoutEnd()
  if (words === 'unknown state') fake.report({ gcode_state: 'LEVITATING' })
  if (words === 'not a number') fake.report({ mc_percent: 'NaN', layer_num: '1e999', nozzle_temper: 'NaN' })
  if (words === undefined) fake.report({ gcode_state: 'RUNNING' })
}
