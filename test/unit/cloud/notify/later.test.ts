import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { tellDigests } from '../../../../cloud/notify/digest.ts'
import { tellSummaries } from '../../../../cloud/notify/summary.ts'
import { NoticeStage } from '../../../setup/notice-stage.ts'

/* What has a time of its own: summaries when quiet hours end, and digests. */

const signal = new AbortController().signal
const stage = new NoticeStage()

before(() => stage.open())
after(() => stage.close())
beforeEach(() => stage.reset())

const quiet = { quiet: { from: '22:00', to: '07:00' } }

test('what quiet hours hold back comes as one summary when they end, in the hours of its person', async () => {
  await stage.choose(quiet)
  stage.at('2026-05-04T20:30:00Z')
  await stage.ingest(
    stage.happens('print.started', { job: 'vase.gcode' }),
    stage.happens('print.finished', { outcome: 'finished' }),
  )
  stage.later(60)
  stage.begin()
  await stage.ingest(
    stage.happens('print.started', { job: 'lid.gcode' }),
    stage.happens('camera.lost', { reason: 'camera-frozen' }),
  )
  stage.later(10)
  await stage.ingest(stage.happens('camera.restored', { reason: 'camera-frozen', blindSeconds: 600 }))
  assert.deepEqual(await stage.kinds(), ['finished held', 'lost held', 'restored held'])
  stage.at('2026-05-05T04:59:59Z')
  await tellSummaries(stage.telling, signal)
  assert.deepEqual(await stage.send(), [])
  stage.at('2026-05-05T05:00:00Z')
  await Promise.all([tellSummaries(stage.telling, signal), tellSummaries(stage.telling, signal)])
  assert.deepEqual(await stage.send(), ['3 messages held back by your quiet hours'])
  const lines = stage.sent[0]?.outgoing.message.body.split('\n')
  assert.deepEqual(lines, [
    'Finished: Printer, 22:30.',
    'Not watching since 23:30: camera picture frozen, Printer.',
    'Watching again since 23:40, Printer.',
  ])
  await tellSummaries(stage.telling, signal)
  assert.deepEqual(await stage.send(), [])
  assert.deepEqual(await stage.kinds(), ['finished summed', 'lost summed', 'restored summed', 'summary sent'])
})

test('a digest comes at its hour and looks back to the one before; a day with nothing in it is not told', async () => {
  await stage.choose({ digest: { every: 'day', weekday: 1, at: '18:00', channels: ['email'] } })
  await stage.ingest(stage.happens('print.started', { job: 'a.gcode' }))
  stage.later(90)
  await stage.ingest(
    ...stage.failure(),
    stage.happens('printer.resumed', { by: 'person' }),
    stage.happens('print.finished', { outcome: 'finished' }),
  )
  await stage.send()
  stage.at('2026-05-04T15:59:59Z')
  await tellDigests(stage.telling, signal)
  assert.deepEqual(await stage.send(), [])
  stage.at('2026-05-04T16:00:00Z')
  await Promise.all([tellDigests(stage.telling, signal), tellDigests(stage.telling, signal)])
  assert.deepEqual(await stage.send(), ['Your day: 1 print finished, 1 failure found'])
  assert.match(stage.sent[0]?.outgoing.message.body ?? '', /^Printer: 1 finished, 2 h, 1 failure found\.$/)
  stage.at('2026-05-05T16:00:10Z')
  await tellDigests(stage.telling, signal)
  assert.deepEqual(await stage.send(), [])
  const { digestDueAt } = await stage.db.preference.findUniqueOrThrow({
    where: { personId: stage.tenant.personId },
  })
  assert.equal(digestDueAt?.toISOString(), '2026-05-06T16:00:00.000Z')
})

test('a summary that was killed before it was written is written whole at the next start, and once', async () => {
  await stage.choose(quiet)
  stage.at('2026-05-04T23:00:00Z')
  await stage.ingest(stage.happens('print.finished', { outcome: 'finished' }))
  stage.at('2026-05-05T06:00:00Z')
  await stage.db.$executeRawUnsafe(
    `CREATE FUNCTION die() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$ LANGUAGE plpgsql`,
  )
  await stage.db.$executeRawUnsafe(
    `CREATE TRIGGER die BEFORE INSERT ON "Notification" FOR EACH ROW WHEN (NEW.kind = 'summary') EXECUTE FUNCTION die()`,
  )
  await assert.rejects(tellSummaries(stage.telling, signal))
  assert.deepEqual(await stage.kinds(), ['finished held'])
  await stage.db.$executeRawUnsafe(`DROP FUNCTION die CASCADE`)
  await tellSummaries(stage.telling, signal)
  await tellSummaries(stage.telling, signal)
  assert.deepEqual(await stage.kinds(), ['finished summed', 'summary pending'])
})

test('what was held back of a printer that a person may no longer see is not told', async () => {
  const guest = await stage.addGuest(quiet)
  stage.at('2026-05-04T23:00:00Z')
  await stage.ingest(stage.happens('print.finished', { outcome: 'finished' }))
  await stage.db.printerGrant.deleteMany({ where: { personId: guest } })
  stage.at('2026-05-05T06:00:00Z')
  await tellSummaries(stage.telling, signal)
  assert.deepEqual(await stage.kinds(guest), ['finished summed'])
})
