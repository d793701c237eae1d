import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IncidentView } from '@layerwatch/shared/api.ts'
import { age, count, dayAndTime, duration, score, time } from '../../../cloud/web/format.ts'
import { type PushFacts, pushStanding } from '../../../cloud/web/push-standing.ts'
import { texts } from '../../../cloud/web/texts.ts'
import { layOutTimeline, rowPx } from '../../../cloud/web/timeline-layout.ts'
import {
  cameraLine,
  defectName,
  failureText,
  incidentTitle,
  layerSpoken,
  sentences,
  stepDetail,
  stepTitle,
} from '../../../cloud/web/wording.ts'

const id = '3b241101-e2bb-4255-8caf-4136c566a962'
const now = new Date(2026, 10, 24, 14, 9).getTime()
const local = (day: number, hour: number, minute: number) =>
  new Date(2026, 10, day, hour, minute).toISOString()

test('a camera is said with how often it gives a picture, or why it sees nothing', () => {
  const line = (report: object) => cameraLine({ name: 'camera 2', isSeeing: true, ...report })
  assert.equal(line({ intervalSeconds: 4.96 }), 'Camera 2: a picture every 5.0 s')
  assert.equal(line({ intervalSeconds: 30.2 }), 'Camera 2: a picture every 30 s')
  assert.equal(line({}), 'Camera 2: one picture so far')
  assert.equal(
    line({ isSeeing: false, reason: 'camera-blurred', intervalSeconds: 5 }),
    'Camera 2: sees nothing, the picture is blurred',
  )
})

describe('numbers and times', () => {
  test('scores have no leading zero, and certainty is written out', () => {
    assert.equal(score(0.77), '.77')
    assert.equal(score(1), '1.00')
  })

  test('times are the person’s own, with the day where it is another', () => {
    assert.equal(time(local(24, 14, 2)), '14:02')
    assert.equal(dayAndTime(local(24, 9, 12), now), 'today 09:12')
    assert.equal(dayAndTime(local(23, 23, 59), now), 'yesterday 23:59')
    assert.equal(dayAndTime(local(22, 8, 0), now), 'Sunday 08:00')
    assert.equal(dayAndTime(local(3, 8, 0), now), '3 Nov 08:00')
  })

  test('durations and ages read as one would say them', () => {
    assert.equal(duration(20), 'under 1 min')
    assert.equal(duration(2880), '48 min')
    assert.equal(duration(4320), '1 h 12')
    assert.equal(age(4200), '4 s')
    assert.equal(age(240_000), '4 min')
    assert.equal(age(-500), '0 s')
    assert.equal(count(1612), '1,612')
  })
})

describe('sentences', () => {
  const incident: IncidentView = {
    id,
    printerId: id,
    printerName: 'Left bench',
    printId: id,
    job: 'Planter',
    status: 'open',
    severity: 'confirmed',
    defect: 'spaghetti',
    evidence: 0.97,
    beganAtLayer: 39,
    layer: 41,
    openedAt: local(24, 13, 43),
    pause: 'confirmed',
    reasons: [],
    timeline: [{ at: local(24, 13, 47), kind: 'paused', by: 'layerwatch' }],
  }

  test('an alarm says the state, who, where and when', () => {
    assert.equal(incidentTitle(incident, now), 'Paused by Layerwatch at layer 41, 13:47')
    assert.equal(incidentTitle({ ...incident, pause: 'sent' }, now), 'Pause sent, not confirmed yet')
    assert.match(incidentTitle({ ...incident, pause: 'failed' }, now), /may still be printing/)
  })

  test('an alarm that was resumed or stopped is not called paused any more', () => {
    const resumed = { at: local(24, 14, 2), kind: 'resumed' as const, by: 'person' as const, person: 'Ada' }
    const after = { ...incident, timeline: [...incident.timeline, resumed] }
    assert.equal(incidentTitle(after, now), 'Printing again since 14:02')
    const stopped = { ...resumed, kind: 'stopped' as const }
    assert.equal(incidentTitle({ ...after, timeline: [...after.timeline, stopped] }, now), 'Stopped, 14:02')
  })

  test('an alarm whose printer did not obey says how it ended, or that the picture disagrees', () => {
    const moving = { at: local(24, 13, 48), kind: 'pause.moving' as const }
    const doubted = { ...incident, pause: 'moving' as const, timeline: [...incident.timeline, moving] }
    assert.equal(incidentTitle(doubted, now), 'Says it has paused, but still moves')
    const ended = { at: local(24, 13, 49), kind: 'ended' as const, detail: 'by the relay' }
    const over = { ...incident, pause: 'failed' as const, timeline: [...incident.timeline, ended] }
    assert.equal(incidentTitle(over, now), 'Ended by the relay, 13:49')
  })

  test('a pause at the printer says whose it was, where that is known', () => {
    const step = { at: local(24, 13, 47), kind: 'paused' as const }
    const said = [
      { ...step, by: 'sensor' as const, detail: 'filament ran out' },
      { ...step, by: 'hand' as const },
      { ...step, by: 'layerwatch' as const },
    ].map((one) => [stepTitle(one), stepDetail(one, incident)])
    assert.deepEqual(said, [
      ['Paused', 'sensor: filament ran out'],
      ['Paused', 'by a person at the printer'],
      ['Printer confirmed', 'it has paused'],
    ])
  })

  test('the agent’s reasons read as sentences', () => {
    assert.equal(
      sentences(['4 pictures look bad', 'the clearest says 99 %.']),
      '4 pictures look bad. The clearest says 99 %.',
    )
  })

  test('the strip speaks its layer', () => {
    const view = { health: 'failed' as const, defects: { spaghetti: 0.95, warping: 0.1 } }
    assert.equal(layerSpoken(41, view), 'Layer 41, failed, spaghetti .95')
    assert.equal(layerSpoken(42, undefined), 'Layer 42, not watched')
  })

  test('a defect of a later version is called what the detector calls it', () => {
    assert.equal(defectName('stringing'), 'stringing')
  })

  test('an unconfirmed pause says to try again or cut the power', () => {
    assert.match(failureText('pause', undefined, now), /cut the power/)
    assert.match(failureText('pause', { kind: 'not-sent' }, now), /not sent/)
  })

  test('without a connection the age of what is known is said', () => {
    const heardAtMs = new Date(2026, 10, 24, 14, 5).getTime()
    assert.equal(texts.offline(heardAtMs, now), 'No connection. Last known 14:05, 4 min old.')
  })
})

describe('notifications on this device', () => {
  const facts: PushFacts = {
    isSecure: true,
    hasPush: true,
    isApplePhone: false,
    isInstalled: false,
    permission: 'default',
    isSubscribed: false,
  }

  test('the first obstacle is the one that is said', () => {
    assert.equal(pushStanding({ ...facts, isSecure: false, hasPush: false }), 'insecure')
    assert.equal(pushStanding({ ...facts, isApplePhone: true, hasPush: false }), 'home-screen')
    assert.equal(pushStanding({ ...facts, isApplePhone: true, isInstalled: true }), 'off')
    assert.equal(pushStanding({ ...facts, hasPush: false }), 'unsupported')
    assert.equal(pushStanding({ ...facts, permission: 'denied' }), 'denied')
  })

  test('on means subscribed and allowed', () => {
    assert.equal(pushStanding({ ...facts, isSubscribed: true }), 'off')
    assert.equal(pushStanding({ ...facts, isSubscribed: true, permission: 'granted' }), 'on')
  })
})

describe('the timeline', () => {
  const episode = { firstLayer: 1, beganAtLayer: 39, lastLayer: 41 }

  test('steps stand at their layers, and never on each other', () => {
    const steps = [{ layer: 39 }, { layer: 41 }, {}, {}]
    const layout = layOutTimeline(steps, episode)
    assert.deepEqual(layout.layers, [37, 38, 39, 40, 41])
    assert.equal(layout.stepPx[0], 2 * rowPx + rowPx / 2)
    layout.stepPx.slice(1).forEach((px, index) => {
      assert.ok(px - (layout.stepPx[index] ?? 0) >= 46)
    })
    assert.ok(layout.heightPx >= (layout.stepPx.at(-1) ?? 0) + 23)
  })

  test('a long episode shows its beginning and its end', () => {
    const { layers, gapAfterRow } = layOutTimeline([], { ...episode, lastLayer: 400 })
    assert.equal(layers.length, 9)
    assert.equal(layers[0], 37)
    assert.equal(layers.at(-1), 400)
    assert.equal(gapAfterRow, 5)
  })

  test('an episode at the first layer has none below it', () => {
    assert.deepEqual(layOutTimeline([], { firstLayer: 1, beganAtLayer: 1, lastLayer: 2 }).layers, [1, 2])
  })
})
