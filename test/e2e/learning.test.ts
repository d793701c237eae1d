import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { IncidentView, PrintView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { agentCommand } from '../../deploy/local/processes.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { startWatchedPrint } from '../setup/watched-print.ts'

/** Real processes: what a person says on the phone reaches the device, which judges that print again as it was. */

let stack: Stack
before(async () => {
  stack = new Stack({ broker: 'embedded' })
  await stack.start()
})
after(() => stack.close())

const Told = z.array(
  z.object({
    inForce: z.array(z.string()),
    prints: z.array(
      z.object({
        printId: z.string(),
        saidByOwner: z.string().optional(),
        alarmedAtLayer: z.number().optional(),
        pausedAtLayerWithout: z.number().optional(),
      }),
    ),
  }),
)

test('a false alarm reaches the device, and its history pauses where the print was; a failure all over hides nothing', {
  timeout: 300_000,
}, async () => {
  const { panel, config, log } = await startWatchedPrint(stack)
  await panel.fail('spaghetti', 3)
  await panel.isSeen('paused', 120_000)
  const incident = await waitUntil('the incident', async () =>
    z
      .array(IncidentView)
      .parse(await stack.owner.get('/api/incidents'))
      .find(({ severity }) => severity === 'confirmed'),
  )
  await stack.owner.post(`/api/incidents/${incident.id}/resolve`, { outcome: 'false-alarm' })
  await waitUntil(
    'the device keeps it',
    async () => PrintView.parse(await stack.owner.get(`/api/prints/${incident.printId}`)).mark?.isKept,
    { timeoutMs: 60_000 },
  )
  await panel.press('cancel')
  await log.next('print ended')

  const list = async () => {
    const { args } = agentCommand('tune', '--list', '--json', '--config', config)
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const [told] = Told.parse(JSON.parse(stdout))
    const print = told?.prints.find(({ printId }) => printId === incident.printId)
    return told && print?.pausedAtLayerWithout ? { ...told, print } : undefined
  }
  const { print, inForce } = await waitUntil('the history', list, { everyMs: 2_000 })
  assert.equal(print.saidByOwner, 'fine')
  assert.equal(print.pausedAtLayerWithout, print.alarmedAtLayer)
  // What stood out is larger than anything that may be ignored.
  assert.deepEqual(inForce, [])
})
