import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { agentCommand } from '../../deploy/local/processes.ts'
import { type FakeNtfy, startNtfy } from '../fakes/ntfy.ts'
import { findOctoprint, type RunningOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { agentConfig, openPanel } from '../setup/watched-print.ts'

/* `selftest` as somebody beside the printer runs it, on a real cloud, printer and detector. */

const Report = z.object({
  exitCode: z.number(),
  steps: z.array(
    z.object({
      step: z.string(),
      result: z.string(),
      detail: z.string(),
      ms: z.number(),
      camera: z.string().optional(),
      findings: z
        .object({ entersAt: z.string(), confirmedAfterSeconds: z.number(), failingScore: z.number() })
        .optional(),
    }),
  ),
})

const stack = new Stack({ cloud: { privateServices: ['127.0.0.0/8'] } })
let phone: FakeNtfy
before(async () => {
  phone = await startNtfy()
  await stack.start()
  const contact = { kind: 'ntfy', server: phone.url, topic: 'printers' }
  await stack.owner.request('POST', '/api/contacts', { body: contact })
})
after(async () => {
  await stack.close()
  await phone?.goAway()
})

async function selftest(config: string, ...more: string[]) {
  const lines: string[] = []
  const run = stack.spawn({
    name: 'selftest',
    ...agentCommand('selftest', '--json', '--config', config, ...more),
    onLine: (line) => lines.push(line),
  })
  const code = await run.ended
  const begin = lines.indexOf('{')
  const report = Report.parse(JSON.parse(lines.slice(begin).join('\n')))
  assert.equal(code, report.exitCode)
  const results = Object.fromEntries(report.steps.map(({ step, result }) => [step, result]))
  const stepOf = (name: string) => report.steps.find(({ step }) => step === name)
  return { code, report, results, stepOf, progress: lines.slice(0, begin) }
}

describe('on a simulated printer', () => {
  test('without a word nothing is paused, and the phone is told by an agent run for it', async () => {
    const { url } = await stack.startSimulator('--speed', '1', '--seed', '3', '--layers', '100')
    const config = await stack.pairAgent('quiet', agentConfig(url))
    const { code, results, report, stepOf } = await selftest(config)
    assert.equal(code, 0, JSON.stringify(report))
    assert.deepEqual(results, {
      detector: 'passed',
      camera: 'passed',
      decision: 'passed',
      pause: 'skipped',
      notification: 'passed',
    })
    assert.equal(await openPanel(url).state(), 'printing')
    const findings = stepOf('decision')?.findings
    assert.equal(findings?.entersAt, 'source')
    assert.ok(findings && findings.confirmedAfterSeconds <= 60 && findings.failingScore > 0.9)
    assert.ok(report.steps.every(({ ms }) => ms >= 0))
    const message = await waitUntil('the notification', () => phone.received.at(-1), { timeoutMs: 60_000 })
    assert.match(message.title, /^Self-test passed: Bench printer/)
    assert.match(message.message, /^No print is meant\. A known failing print was found after \d+ s/)
  })

  test('beside an agent that runs, --pause pauses what is printed, and that agent tells', async () => {
    const { url } = await stack.startSimulator('--speed', '1', '--seed', '3', '--layers', '100')
    const config = await stack.pairAgent('paused', agentConfig(url, { name: 'Paused printer' }))
    const agent = stack.runAgent(config)
    await waitUntil('the agent', () => existsSync(`${stack.agentDir('paused')}/agent.sock`), {
      timeoutMs: 60_000,
    })
    const told = phone.received.length
    const { code, results, report } = await selftest(config, '--pause')
    assert.equal(code, 0, JSON.stringify(report))
    assert.equal(results.pause, 'passed')
    assert.equal(await openPanel(url).state(), 'paused')
    await waitUntil(
      'the notification',
      () => phone.received.slice(told).some(({ title }) => /^Self-test passed/.test(title)),
      { timeoutMs: 60_000 },
    )
    // Nothing was found failing on that printer itself.
    const printer = await stack.printer(
      'its pause',
      ({ name, state }) => name === 'Paused printer' && state === 'paused',
    )
    assert.equal(printer.incident, undefined)
    await agent.stop()
  })

  test('a camera that is gone fails its step and no other, unpaired is unproven, and nobody is told', async () => {
    const { url } = await stack.startSimulator('--speed', '1', '--seed', '3', '--layers', '100')
    const cameras = [{ kind: 'snapshot', url: 'http://127.0.0.1:9/gone' }]
    const config = await stack.pairAgent('blind', agentConfig(url, { cameras }))
    const told = phone.received.length
    const { code, report } = await selftest(config)
    assert.equal(code, 1)
    assert.deepEqual(
      report.steps.flatMap(({ step, camera = '', result }) =>
        step === 'camera' ? [`${camera} ${result}`] : [],
      ),
      ['camera 1 passed', 'camera 2 failed'],
    )
    assert.match(
      report.steps.find(({ result }) => result === 'failed')?.detail ?? '',
      /cannot reach .*is it on/,
    )
    const message = await waitUntil('the notification', () => phone.received[told], { timeoutMs: 60_000 })
    // A printer never told of before may be called by no name yet.
    assert.match(message.title, /^Self-test failed: (Bench printer|Printer)/)
    assert.match(message.message, /camera 2, camera: cannot reach/)
  })
})

describe('on OctoPrint', { skip: findOctoprint() === undefined && 'OctoPrint is not installed' }, () => {
  let octoprint: RunningOctoprint
  before(async () => {
    octoprint = await startOctoprint()
  })
  after(() => octoprint?.stop())

  test('idle it has nothing to pause; printing it is paused by --pause and not without', async () => {
    const { url } = await stack.startSimulator('--speed', '1', '--seed', '3', '--layers', '100')
    const printer = { kind: 'octoprint', url: octoprint.url, apiKey: octoprint.apiKey }
    const config = await stack.pairAgent('octoprint', agentConfig(url, { printer }))
    const idle = await selftest(config, '--pause')
    assert.equal(idle.code, 3, JSON.stringify(idle.report))
    assert.match(idle.stepOf('pause')?.detail ?? '', /printer is idle: start a print/)
    const moves = Array.from({ length: 20_000 }, (_, i) => `G1 X${i % 2 ? 100 : 10} E0.1 F3000`)
    await octoprint.upload('long.gcode', ['G28', 'M83', ...moves].join('\n'), { start: true })
    await waitUntil('it prints', async () => (await octoprint.state()) === 'Printing', { timeoutMs: 60_000 })
    const quiet = await selftest(config)
    assert.deepEqual([quiet.code, quiet.results.pause], [0, 'skipped'])
    assert.equal(await octoprint.state(), 'Printing')
    const paused = await selftest(config, '--pause')
    assert.deepEqual([paused.code, paused.results.pause], [0, 'passed'])
    assert.equal(await octoprint.state(), 'Paused')
  })
})
