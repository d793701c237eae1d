import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Command } from '@layerwatch/shared/commands.ts'
import type { FakeCloud } from '../../fakes/fake-cloud.ts'
import { commandFor, drain, finishOf, openScene, type Scene, startAgent } from '../../fakes/scripted-agent.ts'
import { waitUntil } from '../../setup/wait.ts'

test('a person pauses: done when the printer was read back, and told to be a person', async (t) => {
  const scene = await openScene(t)
  const command = await commandFor(scene)
  await scene.cloud.send(command)
  assert.deepEqual(await finishOf(scene, command.id), { commandId: command.id, result: 'done' })
  assert.equal(scene.print.state, 'paused')
  const paused = await waitUntil('printer.paused', () =>
    scene.cloud.events.find((event) => event.type === 'printer.paused'),
  )
  assert.equal(paused.type === 'printer.paused' && paused.data.by, 'person')
})

test('a command that comes twice moves the printer once', async (t) => {
  const scene = await openScene(t)
  const command = await commandFor(scene)
  await scene.cloud.send(command)
  await finishOf(scene, command.id)
  scene.print.set('printing')
  await scene.cloud.send(command)
  await drain(scene)
  assert.deepEqual(scene.print.acts, ['pause'])
})

test('a command obeyed before a restart is not obeyed again after it', async (t) => {
  const scene = await openScene(t)
  const command = await commandFor(scene)
  await scene.cloud.send(command)
  await finishOf(scene, command.id)
  await scene.stop()
  scene.print.set('printing')
  const again = await startAgent(scene)
  t.after(() => again.stop())
  const next = { ...scene, ...again }
  await waitUntil('the new boot', () => scene.cloud.statuses.some(({ boot }) => boot === again.boot.id))
  await scene.cloud.send(command)
  // The same id under the new boot: only the outbox can tell it from a new command.
  await scene.cloud.send(await commandFor(next, { id: command.id }))
  await drain(next)
  assert.deepEqual(scene.print.acts, ['pause'])
})

interface Refusal {
  name: string
  parts?: Partial<Command>
  how?: Parameters<FakeCloud['send']>[1]
  /** What the cloud is told; nothing where nobody we believe issued it for us. */
  result?: 'refused' | 'expired'
}

const refusals: Refusal[] = [
  { name: 'an expired command', parts: { notAfterUptimeMs: 1 }, result: 'expired' },
  { name: 'a command for an earlier boot', parts: { boot: randomUUID() }, result: 'expired' },
  { name: 'a command for another print', parts: { printId: randomUUID() }, result: 'refused' },
  { name: 'a command for another printer', parts: { printerId: randomUUID() }, result: 'refused' },
  { name: 'a command for no print', parts: { printId: undefined }, result: 'refused' },
  { name: 'a resume while it prints', parts: { action: 'resume' }, result: 'refused' },
  { name: 'a command for another device', parts: { deviceId: randomUUID() } },
  { name: 'a command without a signature', how: { signature: '' } },
  {
    name: 'a command signed with another key',
    how: { privateKey: generateKeyPairSync('ed25519').privateKey },
  },
]

for (const { name, parts, how, result } of refusals) {
  test(`${name} moves nothing`, async (t) => {
    const scene = await openScene(t)
    const command = await commandFor(scene, parts)
    await scene.cloud.send(command, how)
    if (result) {
      const finish = await finishOf(scene, command.id)
      assert.equal(finish.result, result)
      assert.ok(finish.reason, 'it says why')
    }
    await drain(scene)
    const told = scene.cloud.events.filter(({ data }) => 'commandId' in data && data.commandId === command.id)
    assert.equal(told.length, result ? 1 : 0)
    assert.deepEqual(scene.print.acts, [])
  })
}

for (const [name, snapshotId] of [
  ['without a picture', undefined],
  ['with a picture that is not from here', randomUUID()],
] as const) {
  test(`a resume ${name} is refused`, async (t) => {
    const scene = await openScene(t)
    await waitUntil('a print', () => scene.monitor.link.course.print)
    scene.print.set('paused')
    await waitUntil('paused', () => scene.monitor.link.course.state === 'paused')
    const command = await commandFor(scene, { action: 'resume', snapshotId })
    await scene.cloud.send(command)
    assert.equal((await finishOf(scene, command.id)).result, 'refused')
    assert.deepEqual(scene.print.acts, [])
  })
}

test('what a person said is kept and told to be, however often it comes, and never by an expired word', async (t) => {
  const scene = await openScene(t)
  const asked = await commandFor(scene, { action: 'mark' })
  const printId = asked.printId ?? ''
  const mark = { printId, verdict: 'fine' as const, revision: 1 }
  await scene.cloud.send({ ...asked, id: randomUUID(), mark: { ...mark, revision: 9 }, notAfterUptimeMs: 1 })
  await scene.cloud.send({ ...asked, mark })
  await scene.cloud.send({ ...asked, mark })
  const kept = () => scene.cloud.events.filter(({ type }) => type === 'print.marked')
  await waitUntil('both words', () => kept().length === 2)
  assert.deepEqual(kept()[0]?.data, { printId, revision: 1 })
  await drain(scene)
  assert.equal(kept().length, 2)
  assert.deepEqual(scene.print.acts, [])
})

test('nothing learned can not be taken back, and says so', async (t) => {
  const scene = await openScene(t)
  const command = await commandFor(scene, { action: 'untune', printId: undefined })
  await scene.cloud.send(command)
  const { result, reason } = await finishOf(scene, command.id)
  assert.deepEqual([result, reason], ['failed', 'nothing learned is in force'])
})

test('what is no command at all is dropped', async (t) => {
  const scene = await openScene(t)
  for (const junk of [null, 7, 'x', [], { command: {} }]) await scene.cloud.publish('commands', junk)
  await drain(scene)
  assert.deepEqual(scene.print.acts, [])
})

for (const action of ['pause', 'cancel'] as const) {
  test(`a ${action} held up by a slow disk moves nothing once another print runs`, async (t) => {
    const scene = await openScene(t)
    const command = await commandFor(scene, { action })
    holdUp(scene, async () => {
      scene.print.runId = '2'
      await waitUntil('the next print', () => scene.monitor.link.course.print?.printId !== command.printId)
    })
    await scene.cloud.send(command)
    const { result, reason } = await finishOf(scene, command.id)
    assert.deepEqual([result, reason], ['refused', 'meant for another print'])
    assert.deepEqual(scene.print.acts, [])
  })
}

test('a stop for a print that ended unheard a moment ago moves nothing', async (t) => {
  const scene = await openScene(t)
  const command = await commandFor(scene, { action: 'cancel' })
  holdUp(scene, async () => {
    scene.print.runId = '2'
  })
  await scene.cloud.send(command)
  assert.equal((await finishOf(scene, command.id)).result, 'refused')
  assert.deepEqual(scene.print.acts, [])
})

/** Something happens while a command is stored. */
function holdUp({ outbox }: Scene, meanwhile: () => Promise<void>): void {
  const { claimCommand } = outbox
  outbox.claimCommand = async (id) => {
    await meanwhile()
    return claimCommand(id)
  }
}
