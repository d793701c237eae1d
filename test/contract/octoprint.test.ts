import { pino } from 'pino'
import { openOctoprint } from '../../device/printer/octoprint.ts'
import { json, raw } from '../fakes/http-peer.ts'
import type { FakeOctoprint } from '../fakes/octoprint.ts'
import { startFakeOctoprint } from '../fakes/octoprint.ts'
import { installOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { waitUntil } from '../setup/wait.ts'
import { badAnswer } from './bad-answers.ts'
import type { BadWords } from './printer-bad-suite.ts'
import { describeBadPrinter } from './printer-bad-suite.ts'
import type { PrinterBench } from './printer-suite.ts'
import { describePrinter } from './printer-suite.ts'

const log = pino({ level: 'silent' })

describePrinter('OctoPrint 1.11.8', openRealOctoprint)

async function openRealOctoprint(): Promise<PrinterBench> {
  await installOctoprint()
  const octoprint = await startOctoprint()
  const gcode = squareTower(100)
  const cancel = () =>
    octoprint.ask('/api/job', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: 'cancel' }),
    })
  return {
    printer: openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: octoprint.apiKey }, { log }),
    jobName: 'square tower.gcode',
    gcode,
    start: () => octoprint.upload('square tower.gcode', gcode, { start: true }),
    reset: async () => {
      await waitUntil('OctoPrint is idle', async () => {
        if ((await octoprint.state()) === 'Operational') return true
        await (await cancel()).body?.cancel()
        return false
      })
    },
    vanish: () => octoprint.stop(),
    close: () => octoprint.stop(),
  }
}

/** G-code of a hollow square tower; a layer takes a virtual printer about two seconds. */
function squareTower(layers: number): string {
  const lines = ['G28', 'G92 E0', 'M83']
  for (let layer = 1; layer <= layers; layer++) {
    lines.push(`;LAYER:${layer}`, `G1 Z${(layer * 0.2).toFixed(2)} F3000`)
    for (let round = 0; round < 3; round++) {
      for (const [x, y] of [
        [60, 60],
        [100, 60],
        [100, 100],
        [60, 100],
      ]) {
        lines.push(`G1 X${x} Y${y} E1.3 F9000`)
      }
    }
  }
  return `${lines.join('\n')}\n`
}

describeBadPrinter('OctoPrint (stand-in)', {
  open: async (elsewhere) => {
    const octoprint = await startFakeOctoprint()
    const { says } = octoprint
    return {
      printer: openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: 'key' }, { log }),
      start: (job) => {
        Object.assign(says.flags, { printing: true, paused: false })
        says.job = { file: { name: `${job}.gcode`, path: `${job}.gcode`, size: 100, origin: 'local' } }
      },
      say: (words) => say(octoprint, words, elsewhere),
      isPaused: () => octoprint.asked.some((words) => words.includes('"action":"pause"')),
      close: () => octoprint.close(),
    }
  },
})

function say(octoprint: FakeOctoprint, words: BadWords | undefined, elsewhere: string): void {
  const answer = badAnswer(words, elsewhere)
  octoprint.answers.clear()
  if (answer !== undefined) octoprint.answers.set('*', answer)
  const { flags, job, progress } = octoprint.says
  if (words === 'unknown state') {
    octoprint.answers.set(
      '/api/printer',
      json(200, { state: { text: 'Levitating', flags: { levitating: true } } }),
    )
  }
  if (words === 'not a number') {
    const text = JSON.stringify({ job, progress: { completion: 'NaN', filepos: null, printTime: 'endless' } })
    octoprint.answers.set('/api/job', raw(200, 'application/json', text.replace('"endless"', '1e999')))
  }
  // The push socket tells once a second, as the real one does while nothing is wrong with it.
  if (words === undefined) {
    const telling = setInterval(() => {
      if (octoprint.listeners() > 0)
        octoprint.push({ current: { state: { flags }, job, progress, currentZ: 0.2 } })
    }, 50)
    octoprint.server.once('close', () => clearInterval(telling))
  }
}
