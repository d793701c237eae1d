import { pino } from 'pino'
import { openOctoprint } from '../../device/printer/octoprint.ts'
import { installOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { waitUntil } from '../setup/wait.ts'
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
