import { once } from 'node:events'
import { z } from 'zod'
import { openSimulatedCamera } from '../../device/camera/simulated.ts'
import { openSimulatedPrinter } from '../../device/printer/simulated.ts'
import { createSimulator } from '../../device/simulator/server.ts'
import { toRunSpec } from '../../device/simulator/simulation.ts'
import { createStudio } from '../../device/simulator/studio.ts'
import { json, raw, startHttpPeer } from '../fakes/http-peer.ts'
import { waitUntil } from '../setup/wait.ts'
import { badAnswer } from './bad-answers.ts'
import { describeCamera } from './camera-suite.ts'
import { describeBadPrinter } from './printer-bad-suite.ts'
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

describeBadPrinter('the simulator', {
  open: async (elsewhere) => {
    let [job, jobs, isPaused] = ['', 0, false]
    const status = () => ({
      state: isPaused ? 'paused' : 'printing',
      job: { name: job, id: String(jobs) },
      ...{ layer: 1, layers: 9, zMm: 0.2, progress: 0.1, filePosition: 10, fileBytes: 100 },
      ...{ printSeconds: 5, secondsLeft: 50, speed: 1 },
    })
    const peer = await startHttpPeer(({ method }) => {
      if (method === 'POST') isPaused = true
      return json(200, status())
    })
    return {
      printer: openSimulatedPrinter({ kind: 'simulated', url: peer.url }),
      start: (name) => {
        ;[job, jobs, isPaused] = [name, jobs + 1, false]
      },
      say: (words) => {
        peer.answers.clear()
        const answer = badAnswer(words, elsewhere)
        if (answer !== undefined) peer.answers.set('*', answer)
        if (words === 'unknown state') peer.answers.set('*', json(200, { ...status(), state: 'levitating' }))
        if (words !== 'not a number') return
        const text = JSON.stringify({ ...status(), progress: 'endless' }).replace('"endless"', '1e999')
        peer.answers.set('*', raw(200, 'application/json', text))
      },
      isPaused: () => isPaused,
      close: () => peer.close(),
    }
  },
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
