import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { loadConfig } from '../../device/config.ts'
import { openOctoprint } from '../../device/printer/octoprint.ts'
import { requestOctoprintKey } from '../../device/printer/octoprint-key.ts'
import { startFakeOctoprint } from '../fakes/octoprint.ts'
import { installOctoprint, type RunningOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { waitUntil } from '../setup/wait.ts'

/** A key that OctoPrint itself grants, asked of the real one. */

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const root = path.resolve(import.meta.dirname, '../..')

describe('a key asked of OctoPrint 1.11.8', { timeout: 120_000 }, () => {
  let octoprint: RunningOctoprint
  let folder: string
  before(async () => {
    await installOctoprint()
    octoprint = await startOctoprint()
    folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-key-'))
  })
  after(async () => {
    await octoprint?.stop()
    await rm(folder, { recursive: true })
  })

  /** Answers as its owner does in OctoPrint's page. */
  async function answer(decision: boolean): Promise<void> {
    const token = await waitUntil('a request', async () => {
      const { pending } = Object(await (await octoprint.ask('/api/plugin/appkeys')).json())
      return Object.keys(pending)[0]
    })
    const reply = await octoprint.ask(`/plugin/appkeys/decision/${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ decision }),
    })
    assert.equal(reply.status, 204, await reply.text())
  }

  test('is granted on its page, and lets the agent pause', async () => {
    const pages: string[] = []
    const asking = requestOctoprintKey(
      { url: octoprint.url, app: 'Layerwatch on bench', onAsked: (page) => pages.push(page) },
      never,
    )
    await answer(true)
    const apiKey = await asking
    assert.ok(pages[0]?.startsWith(`${octoprint.url}/plugin/appkeys/auth/`))
    const printer = openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey }, { log })
    const { actions, limits } = await printer.probe(never)
    assert.deepEqual([actions, limits], [['pause', 'resume', 'cancel'], []])
  })

  test('that is denied is said to be', async () => {
    const asking = requestOctoprintKey({ url: octoprint.url, app: 'Layerwatch', onAsked: () => {} }, never)
    await answer(false)
    await assert.rejects(asking, RejectedError)
  })

  test('is kept by pair-printer in a file of the agent’s own that nobody else may read', async () => {
    const file = path.join(folder, 'agent.yaml')
    const printers = [
      {
        name: 'Bench',
        printer: { kind: 'octoprint', url: octoprint.url },
        camera: { kind: 'folder', path: '.' },
      },
    ]
    await writeFile(file, JSON.stringify({ name: 'bench', dataDir: 'data', printers }))
    const pairing = runAgent('pair-printer', '--config', file)
    await answer(true)
    const said = await pairing
    assert.equal(said.code, 0, said.text)
    assert.match(said.text, /OctoPrint gave a key/)
    assert.match(said.text, /OctoPrint 1\.11\.8.*\n.*can pause, resume, stop/)
    assert.equal((await stat(path.join(folder, 'data/printer-keys.json'))).mode & 0o777, 0o600)
    const [bench] = loadConfig(file, {}).printers
    assert.ok(bench?.printer.kind === 'octoprint' && bench.printer.apiKey)
    assert.ok(!said.text.includes(bench.printer.apiKey), 'the key is on no screen')
    const again = await runAgent('pair-printer', '--config', file)
    assert.equal(again.code, 78)
    assert.match(again.text, /there is a key already/)
  })
})

test('an OctoPrint that grants no keys is said to be one, and nobody at home is no refusal', async () => {
  const fake = await startFakeOctoprint()
  const request = { url: fake.url, app: 'Layerwatch', onAsked: () => assert.fail('nothing was asked') }
  await assert.rejects(requestOctoprintKey(request, never), /grants no application keys/)
  await fake.close()
  await assert.rejects(requestOctoprintKey(request, never), UnavailableError)
})

async function runAgent(...args: string[]): Promise<{ code: number; text: string }> {
  const child: ChildProcess = spawn(process.execPath, ['device/cli/agent.ts', ...args], { cwd: root })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)))
  const [code] = await once(child, 'close')
  return { code, text }
}
