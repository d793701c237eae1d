import { pino } from 'pino'
import { openPrusaLink } from '../../device/printer/prusalink.ts'
import { raw } from '../fakes/http-peer.ts'
import type { FakePrusaLink } from '../fakes/prusalink.ts'
import { prusaLogin, startFakePrusaLink } from '../fakes/prusalink.ts'
import { badAnswer } from './bad-answers.ts'
import type { BadWords } from './printer-bad-suite.ts'
import { describeBadPrinter } from './printer-bad-suite.ts'
import { describePrinter } from './printer-suite.ts'

const log = pino({ level: 'silent' })
const jobName = 'square tower.gcode'
const gcode = `G28\n${Array.from({ length: 2000 }, (_, line) => `G1 X${line % 200} E1`).join('\n')}\n`

describePrinter('PrusaLink (stand-in)', async () => {
  const prusa = await startFakePrusaLink()
  return {
    printer: openPrusaLink({ kind: 'prusalink', url: prusa.url, ...prusaLogin }, { log }),
    jobName,
    gcode,
    start: async () => prusa.start(jobName, gcode),
    reset: async () => prusa.stop(),
    vanish: () => prusa.close(),
    close: () => prusa.close(),
  }
})

describeBadPrinter('PrusaLink (stand-in)', {
  open: async (elsewhere) => {
    const prusa = await startFakePrusaLink()
    return {
      printer: openPrusaLink({ kind: 'prusalink', url: prusa.url, ...prusaLogin }, { log }),
      start: (job) => prusa.start(`${job}.gcode`, gcode),
      say: (words) => say(prusa, words, elsewhere),
      isPaused: () => prusa.printer.state === 'PAUSED',
      close: () => prusa.close(),
    }
  },
})

function say(prusa: FakePrusaLink, words: BadWords | undefined, elsewhere: string): void {
  const answer = badAnswer(words, elsewhere)
  prusa.answers.clear()
  prusa.printer.state = words === 'unknown state' ? 'LEVITATING' : 'PRINTING'
  if (answer !== undefined) prusa.answers.set('*', answer)
  if (words === 'not a number') {
    const text =
      '{"printer":{"state":"PRINTING","temp_nozzle":"NaN","axis_z":1e999},"job":{"id":1,"progress":null}}'
    prusa.answers.set('/api/v1/status', raw(200, 'application/json', text))
  }
}
