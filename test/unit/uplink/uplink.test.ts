import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandFor, finishOf, openScene, startAgent } from '../../fakes/scripted-agent.ts'
import { waitUntil } from '../../setup/wait.ts'

const started = {
  type: 'device.started',
  data: { version: '1', backend: 'onnx', modelSha256: 'f' },
} as const

test('a status is sent when the device connects, and names the printer and the print', async (t) => {
  const scene = await openScene(t)
  const status = await waitUntil('a status', () =>
    scene.cloud.statuses.find(({ printers }) => printers[0]?.watching.isWatching),
  )
  assert.equal(status.boot, scene.boot.id)
  assert.equal(status.printers[0]?.state, 'printing')
  assert.deepEqual(status.printers[0]?.actions, ['pause', 'resume', 'cancel'])
})

test('events arrive in the order of their seq, and their rows go on the receipt', async (t) => {
  const { cloud, outbox } = await openScene(t)
  await waitUntil('print.started', () => cloud.events.find(({ type }) => type === 'print.started'))
  await waitUntil('an empty outbox', async () => (await outbox.figures()).pending === 0)
  const seqs = cloud.events.map(({ seq }) => seq)
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => i + 1),
  )
})

test('without a receipt nothing is forgotten: the next run sends it again under the same id', async (t) => {
  const scene = await openScene(t)
  const { cloud } = scene
  cloud.answer = () => 'silence'
  await scene.scribe.recordNow(started)
  const first = await waitUntil('the event', () => cloud.events.find(({ type }) => type === started.type))
  await scene.stop()
  cloud.answer = () => 'duplicate'
  const again = await startAgent(scene)
  t.after(() => again.stop())
  await waitUntil('the event again', () => cloud.events.filter(({ id }) => id === first.id).length === 2)
  await waitUntil('an empty outbox', async () => (await again.outbox.figures()).pending === 0)
})

test('what happens while the cloud is away arrives when it is back', async (t) => {
  const { cloud, scribe } = await openScene(t, { isCloudThere: false })
  await scribe.recordNow(started)
  await cloud.start()
  await waitUntil('the event', () => cloud.events.find(({ type }) => type === started.type), {
    timeoutMs: 20_000,
  })
})

test('the status that names the printer comes before any event that waited', async (t) => {
  const { cloud, scribe } = await openScene(t, { isCloudThere: false })
  await scribe.recordNow(started)
  const statusesBefore: number[] = []
  cloud.answer = () => {
    statusesBefore.push(cloud.statuses.length)
    return 'stored'
  }
  await cloud.start()
  const [first] = await waitUntil(
    'an event',
    () => (statusesBefore.length > 0 ? statusesBefore : undefined),
    {
      timeoutMs: 20_000,
    },
  )
  assert.equal(first, 1)
})

test('a cloud that went away and came back is found again', async (t) => {
  const { cloud, scribe } = await openScene(t)
  await waitUntil('a status', () => cloud.statuses.length > 0)
  await cloud.stop()
  await scribe.recordNow(started)
  await cloud.start()
  await waitUntil('the event', () => cloud.events.find(({ type }) => type === started.type), {
    timeoutMs: 20_000,
  })
})

test('a refused event is set aside and holds up nothing', async (t) => {
  const { cloud, outbox, scribe } = await openScene(t)
  cloud.answer = (_, event) => (event?.type === started.type ? 'rejected' : 'stored')
  await scribe.recordNow(started)
  await scribe.recordNow({ type: 'print.finished', data: { outcome: 'finished' } })
  await waitUntil('the next', () => cloud.events.find(({ type }) => type === 'print.finished'))
  await waitUntil('quiet', async () => {
    const { pending, quarantined } = await outbox.figures()
    return pending === 0 && quarantined === 1
  })
})

test('an incident arrives with its pictures', async (t) => {
  const { cloud } = await openScene(t, { score: (seconds) => (seconds < 20 ? 0.05 : 0.99) })
  const confirmed = await waitUntil(
    'defect.confirmed',
    () => cloud.events.flatMap((event) => (event.type === 'defect.confirmed' ? [event.data] : []))[0],
    { timeoutMs: 60_000 },
  )
  await waitUntil('its picture', () => cloud.snapshots.some(({ id }) => id === confirmed.snapshotId))
  const paused = await waitUntil('printer.paused', () =>
    cloud.events.find(({ type }) => type === 'printer.paused'),
  )
  assert.equal(paused.type === 'printer.paused' && paused.data.by, 'layerwatch')
})

test('live frames are sent while somebody looks, and a lease is no event', async (t) => {
  const scene = await openScene(t)
  await scene.cloud.send(await commandFor(scene, { action: 'live' }))
  await waitUntil('three frames', () => scene.cloud.lives.length >= 3)
  const [live] = scene.cloud.lives
  assert.equal(live?.header.printerId, scene.printerId)
  assert.equal(live?.header.heat?.width, 10)
  assert.equal(live?.jpeg[0], 0xff)
  assert.deepEqual(
    scene.cloud.events.filter(({ type }) => type.startsWith('command.')),
    [],
  )
})

test('with a full disk the print is paused all the same, by us and by a person', async (t) => {
  let score = 0.05
  const scene = await openScene(t, { score: () => score, maxPages: 40 })
  const { print, scribe, outbox, cloud } = scene
  cloud.answer = () => 'silence'
  await waitUntil('a print', () => scene.monitor.link.course.print)
  const version = 'v'.repeat(60)
  const fill = async () => {
    for (;;) await scribe.recordNow({ ...started, data: { ...started.data, version } })
  }
  await assert.rejects(fill(), /full/)
  score = 0.99
  await waitUntil('the pause', () => print.state === 'paused', { timeoutMs: 60_000 })
  print.set('printing')
  await waitUntil('printing', () => scene.monitor.link.course.state === 'printing')
  await cloud.send(await commandFor(scene))
  await waitUntil('the pause by a person', () => print.state === 'paused')
  assert.ok((await outbox.figures()).pending > 0)
  cloud.answer = () => 'stored'
})

test('a picture on demand is sent, and a resume that names it is obeyed', async (t) => {
  const scene = await openScene(t)
  const ask = await commandFor(scene, { action: 'snapshot' })
  await scene.cloud.send(ask)
  const { snapshotId } = await finishOf(scene, ask.id)
  assert.ok(snapshotId)
  await waitUntil('the picture', () => scene.cloud.snapshots.find(({ id }) => id === snapshotId))
  scene.print.set('paused')
  await waitUntil('paused', () => scene.monitor.link.course.state === 'paused')
  const resume = await commandFor(scene, { action: 'resume', snapshotId })
  await scene.cloud.send(resume)
  assert.deepEqual(await finishOf(scene, resume.id), { commandId: resume.id, result: 'done' })
  assert.deepEqual(scene.print.acts, ['resume'])
})
