import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Channel } from '@layerwatch/shared/notify.ts'
import { ingestStatus } from '../../../../cloud/ingest.ts'
import { makeIngestContext } from '../../../setup/ingest.ts'
import { NoticeStage } from '../../../setup/notice-stage.ts'
import { fineLayer, suspicion } from '../../../setup/tenants.ts'

/* People who chose what they are told, and where. */

const stage = new NoticeStage()

before(() => stage.open())
after(() => stage.close())
beforeEach(() => stage.reset())

const quiet = { quiet: { from: '22:00', to: '07:00' } }

test('a confirmed failure wakes its person, unless that person wants to sleep', async () => {
  const sleeper = await stage.addGuest(quiet)
  await stage.choose({ ...quiet, urgent: [] }, sleeper)
  await stage.choose(quiet)
  stage.at('2026-05-04T23:00:00Z')
  await stage.ingest(
    stage.happens('defect.confirmed', suspicion(9)),
    stage.happens('printer.paused', { by: 'layerwatch', layer: 9 }),
  )
  assert.deepEqual(await stage.kinds(), ['paused pending'])
  assert.deepEqual(await stage.kinds(sleeper), ['paused held'])
  assert.deepEqual(await stage.send(), ['Paused by Layerwatch at layer 9, 01:00'])
})

test('who chose other channels is told on those, and who chose none of something is not told of it', async () => {
  await stage.addBrowser()
  await stage.choose({
    channels: { finished: [], failing: ['push'], started: ['email'], suspected: ['email'] },
  })
  await stage.ingest(
    stage.happens('print.started', { job: 'vase.gcode' }),
    stage.happens('defect.suspected', suspicion(8)),
    stage.happens('defect.confirmed', suspicion(9)),
    stage.happens('print.finished', { outcome: 'finished' }),
  )
  const told = (await stage.rows()).map(({ kind, channel }) => `${kind} ${channel}`)
  assert.deepEqual(told.sort(), ['confirmed push', 'started email', 'suspected email'])
})

test('one who wants no word of failures and one who wants no word of failed pauses are both told what they want', async () => {
  const guest = await stage.addGuest({ channels: { 'pause-failed': [] } })
  await stage.choose({ channels: { failing: [] } })
  await stage.ingest(
    stage.happens('defect.confirmed', suspicion(9)),
    stage.happens('pause.failed', { by: 'layerwatch', reason: 'refused', tries: 3 }),
  )
  assert.deepEqual(await stage.kinds(), ['pause-failed pending'])
  assert.deepEqual(await stage.kinds(guest), ['confirmed pending'])
})

test('the same of the same printer comes once in the time a person chose; another printer’s comes at once', async () => {
  await stage.choose({ cooldownMinutes: 30 })
  const finish = async () => {
    stage.begin()
    await stage.ingest(
      stage.happens('print.started', { job: 'a.gcode' }),
      stage.happens('print.finished', { outcome: 'finished' }),
    )
  }
  await finish()
  stage.later(29)
  await finish()
  assert.equal((await stage.rows()).length, 1)
  stage.later(2)
  await finish()
  assert.equal((await stage.rows()).length, 2)
  stage.beginAnother()
  await stage.ingest(stage.happens('print.finished', { outcome: 'finished' }))
  assert.equal((await stage.rows()).length, 3)
})

test('a print on its way is told to who wants it: begun, first layer, paused by whom, resumed', async () => {
  const email: Channel[] = ['email']
  await stage.choose({ channels: { started: email, 'first-layer': email, paused: email, resumed: email } })
  await stage.ingest(
    stage.happens('print.started', { job: 'vase.gcode', layers: 120 }),
    stage.happens('layer.judged', { ...fineLayer(1), healthScore: 94 }),
    stage.happens('layer.judged', { ...fineLayer(1), healthScore: 93 }),
    stage.happens('layer.judged', fineLayer(2)),
    stage.happens('printer.paused', {
      by: 'printer',
      cause: 'sensor',
      reason: 'filament ran out',
      layer: 40,
    }),
    stage.happens('printer.resumed', { by: 'person', layer: 40 }),
  )
  const told = (await stage.rows()).map(({ title, body }) => `${title} | ${body}`)
  assert.deepEqual(told, [
    'Printing: Printer, 14:00 | vase.gcode.',
    'First layer looks fine: Printer, 14:00 | Health 94 of 100. vase.gcode.',
    'Paused by the printer’s own sensor at layer 40, 14:00 | Printer. Filament ran out. vase.gcode.',
    'Resumed from the page: Printer, 14:00 | vase.gcode.',
  ])
})

test('each step of a print is told once to who chose it, and only the last of those passed together', async () => {
  const guest = await stage.addGuest({ channels: { progress: ['email'] }, progressSteps: [75] })
  await stage.choose({ channels: { progress: ['email'] }, progressSteps: [25, 50, 75] })
  const hear = async (progress: number) => {
    const context = { ...makeIngestContext(stage.db), now: stage.now }
    const json = stage.story.status({ progress, secondsLeft: 2400 })
    await ingestStatus(context, { deviceId: stage.tenant.deviceId, json, heardMs: 0 })
  }
  for (const progress of [0.1, 0.24, 0.25, 0.26, 0.2, 0.3]) await hear(progress)
  const titles = async (personId?: string) =>
    (await stage.rows(personId)).map(({ title }) => title.replace(/:.*/, ''))
  assert.deepEqual(await titles(), ['25 % printed'])
  await hear(0.8)
  assert.deepEqual(await titles(), ['25 % printed', '75 % printed'])
  assert.deepEqual(await titles(guest), ['75 % printed'])
  assert.match((await stage.rows(guest))[0]?.body ?? '', /^About 40 min left\./)
})
