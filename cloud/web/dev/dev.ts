import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { confirm, confirmPause, suspect } from './failing.ts'
import { startMockCloud } from './mock.ts'
import { fillWorkshop } from './scenes.ts'
import { createWorld, growLayer, type World } from './world.ts'

/** `npm run dev -w cloud/web`: Vite over the mock cloud, in which a print grows, fails and is paused. */

const layerEveryMs = 2500
const account = { name: 'Ada', email: 'ada@layerwatch.example', password: 'layer by layer' }

const world = createWorld()
const { garage } = await fillWorkshop(world)
const cloud = await startMockCloud(world, { account })
console.log(`sign in as ${account.email} with "${account.password}"`)
const server = await createServer({
  configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
  server: { proxy: { '/api': { target: cloud.url } } },
})
await server.listen()
server.printUrls()
setInterval(() => void growGarage(world, garage.id), layerEveryMs)

/** Grows the vase by a layer; from layer 190 on it comes loose. */
async function growGarage(world: World, printerId: string): Promise<void> {
  const printer = world.printers.get(printerId)
  if (printer?.state !== 'printing' || !printer.print) return
  const layer = (printer.print.layer ?? 0) + 1
  if (layer < 190) return void growLayer(world, printerId)
  const evidence = Math.min(0.97, 0.55 + (layer - 190) * 0.14)
  growLayer(world, printerId, {
    from: layer,
    to: layer,
    health: evidence > 0.7 ? 'failed' : 'suspected',
    evidence: [evidence, evidence],
  })
  if (layer === 190) await suspect(world, printerId)
  if (layer !== 193 || !printer.incident) return
  await confirm(world, printer.incident.id)
  const incidentId = printer.incident.id
  setTimeout(() => confirmPause(world, incidentId), 1500)
}
