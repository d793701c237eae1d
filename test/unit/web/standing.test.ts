import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PauseStanding, PrinterView } from '@layerwatch/shared/api.ts'
import { sortByUrgency, standingOf } from '../../../cloud/web/standing.ts'
import { homeSummary, homeTitle, standingTitle, standingWhy } from '../../../cloud/web/wording.ts'

const id = '3b241101-e2bb-4255-8caf-4136c566a962'
const at = '2026-11-24T14:02:00.000Z'

function printer(change: Partial<PrinterView> = {}): PrinterView {
  return {
    id,
    name: 'Garage',
    kind: 'octoprint',
    device: { id, name: 'workshop-pi', isPresent: true, heardAt: at },
    role: 'owner',
    state: 'printing',
    actions: ['pause', 'resume', 'cancel'],
    watching: { isWatching: true, since: at },
    print: { id, printerId: id, job: 'Vase', startedAt: at, layer: 41 },
    ...change,
  }
}

function alarm(pause: PauseStanding, severity: 'suspected' | 'confirmed' = 'confirmed') {
  return { id, severity, defect: 'spaghetti', layer: 41, beganAtLayer: 39, openedAt: at, pause }
}

describe('how a printer stands', () => {
  test('fine is quiet and needs nobody', () => {
    const standing = standingOf(printer())
    assert.equal(standing.kind, 'fine')
    assert.equal(standing.needsYou, false)
  })

  test('a pause that was sent is not called paused', () => {
    const asked = printer({ state: 'pausing', incident: alarm('sent') })
    assert.equal(standingOf(asked).kind, 'alarm-pausing')
    assert.match(standingTitle(standingOf(asked), asked, Date.parse(at)), /not confirmed yet/)
  })

  test('a pause without an answer is the most urgent of all', () => {
    const unanswered = printer({ incident: alarm('failed') })
    const paused = printer({
      state: 'paused',
      pausedBy: 'layerwatch',
      pausedAt: at,
      incident: alarm('confirmed'),
    })
    assert.equal(standingOf(unanswered).kind, 'pause-failed')
    assert.ok(standingOf(unanswered).rank < standingOf(paused).rank)
  })

  test('a printer that says it has paused and moves in the picture is not called paused', () => {
    const moving = printer({
      state: 'paused',
      pausedBy: 'layerwatch',
      pausedAt: at,
      incident: alarm('moving'),
    })
    assert.equal(standingOf(moving).kind, 'pause-moving')
    assert.match(standingTitle(standingOf(moving), moving, Date.parse(at)), /still moves/)
  })

  test('a printer paused by a person is no alarm', () => {
    const standing = standingOf(printer({ state: 'paused', pausedBy: 'person', pausedAt: at }))
    assert.equal(standing.kind, 'paused')
    assert.equal(standing.needsYou, false)
  })

  test('a failing print that nothing has paused is neither fine nor resumed', () => {
    const failing = printer({ actions: [], incident: alarm('none') })
    assert.equal(standingOf(failing).kind, 'alarm-unpaused')
    assert.equal(standingOf(failing).needsYou, true)
    assert.equal(standingTitle(standingOf(failing), failing, Date.parse(at)), 'Failing, and not paused')
    assert.match(standingWhy(standingOf(failing), failing, Date.parse(at)), /spaghetti/)
  })

  test('a printer resumed after an alarm is not called fine', () => {
    assert.equal(standingOf(printer({ incident: alarm('confirmed') })).kind, 'resumed')
  })

  test('nobody watching a running print needs a person, an idle printer does not', () => {
    const watching = { isWatching: false as const, since: at, reason: 'camera-frozen' as const }
    const blind = printer({ watching })
    assert.equal(standingOf(blind).kind, 'blind')
    assert.equal(standingOf(blind).needsYou, true)
    assert.match(standingWhy(standingOf(blind), blind, Date.parse(at)), /frozen/)
    const idle = printer({ state: 'idle', watching: { isWatching: false, since: at } })
    assert.equal(standingOf(idle).needsYou, false)
  })

  test('a silent device says only that nothing was heard', () => {
    const silent = printer({ device: { id, name: 'workshop-pi', isPresent: false, heardAt: at } })
    assert.equal(standingOf(silent).kind, 'silent')
    assert.match(standingWhy(standingOf(silent), silent, Date.parse(at)), /may still be watching/)
  })

  test('the list begins with who needs a person', () => {
    const printers = [
      printer({ name: 'A' }),
      printer({ name: 'B', incident: alarm('none', 'suspected') }),
      printer({ name: 'C', state: 'paused', pausedBy: 'layerwatch', incident: alarm('confirmed') }),
      printer({ name: 'D', watching: { isWatching: false, since: at, reason: 'camera-dark' } }),
    ]
    const names = sortByUrgency(printers).map((one) => one.name)
    assert.deepEqual(names, ['C', 'D', 'B', 'A'])
    assert.equal(homeTitle(printers), 'Two printers need you')
    const summary = homeSummary(printers).replaceAll('\u00A0', ' ')
    assert.equal(summary, '1 paused by Layerwatch, 1 not watched, 1 suspected, 1 fine')
  })

  test('the first sentence does not alarm without cause', () => {
    assert.equal(homeTitle([printer()]), 'All is well')
    assert.equal(homeTitle([printer({ state: 'idle' })]), 'Nothing is printing')
    assert.equal(homeTitle([printer({ incident: alarm('failed') })]), 'One printer needs you')
  })
})
