import { once } from 'node:events'
import { z } from 'zod'
import { openSimulatedCamera } from '../../device/camera/simulated.ts'
import { openSimulatedPrinter } from '../../device/printer/simulated.ts'
import { createSimulator } from '../../device/simulator/server.ts'
import { toRunSpec } from '../../device/simulator/simulation.ts'
import { createStudio } from '../../device/simulator/studio.ts'
import { waitUntil } from '../setup/wait.ts'
import { describeCamera } from './camera-suite.ts'
import { describePrinter } from './printer-suite.ts'

/** The ports' promises, kept by the adapters of the simulator over a real socket. */

const State = z.looseObject({ state: z.string() })
const gcode = squareTower(300)

async function startSimulator() {
  let jobs = 0
  const file = { name: 'square tower.gcode', gcode: new TextEncoder().encode(gcode) }
  const server = createSimulator(
    {
      spec: toRunSpec({ seed: 2, world: 'judge', file }),
      speed: 40,
      size: { width: 160, height: 120 },
      isRepeating: false,
      streamRate: 5,
    },
    { studio: createStudio(), now: () => performance.now(), createJobId: () => `job-${++jobs}` },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url, close }
}

describePrinter('the simulator', async () => {
  const { url, close } = await startSimulator()
  const post = (path: string) => fetch(`${url}${path}`, { method: 'POST' })
  return {
    printer: openSimulatedPrinter({ kind: 'simulated', url }),
    jobName: 'square tower.gcode',
    gcode,
    start: async () => {
      await post('/printer/start')
    },
    reset: async () => {
      await post('/printer/cancel')
      await waitUntil('the simulator is idle', async () => {
        const { state } = State.parse(await (await fetch(`${url}/printer`)).json())
        return state === 'idle'
      })
    },
    vanish: close,
    close,
  }
})

describeCamera('the simulator', async () => {
  const { url, close } = await startSimulator()
  return { camera: openSimulatedCamera({ kind: 'simulated', url }), close }
})

function squareTower(layers: number): string {
  const lines = ['G28', 'M83']
  for (let layer = 1; layer <= layers; layer++) {
    lines.push(`;LAYER:${layer}`, `G1 Z${(layer * 0.2).toFixed(2)} F3000`)
    for (const [x, y] of [
      [60, 60],
      [100, 60],
      [100, 100],
      [60, 100],
    ]) {
      lines.push(`G1 X${x} Y${y} E1.3 F2400`)
    }
  }
  return `${lines.join('\n')}\n`
}
