import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CommandView, PrinterView } from '@layerwatch/shared/api.ts'
import { type Ask, askPhase, confirmWithinMs, resumeGate, settleAsk } from '../../../cloud/web/asks.ts'

const id = '3b241101-e2bb-4255-8caf-4136c566a962'
const pausedAt = '2026-11-24T14:02:11.000Z'
const pause: Ask = { key: 'k', printerId: id, action: 'pause', askedAtMs: 1000, commandId: id }

function printer(state: PrinterView['state']): PrinterView {
  return {
    id,
    name: 'Garage',
    kind: 'octoprint',
    device: { id, name: 'pi', isPresent: true },
    role: 'owner',
    state,
    actions: ['pause'],
    watching: { isWatching: true, since: pausedAt },
    pausedAt,
  }
}

function command(status: CommandView['status'], reason?: string): CommandView {
  return { id, printerId: id, action: 'pause', status, reason, personName: 'Ada', issuedAt: pausedAt }
}

describe('what a button knows', () => {
  test('a press is sent until the printer speaks, and counts its seconds', () => {
    assert.deepEqual(askPhase(pause, 4400), { kind: 'sent', seconds: 3 })
  })

  test('the cloud taking a command confirms nothing', () => {
    const facts = { printer: printer('printing'), command: command('accepted'), nowMs: 3000 }
    assert.deepEqual(settleAsk(pause, facts), pause)
  })

  test('the printer’s state confirms, with the printer’s time', () => {
    const facts = { printer: printer('paused'), command: command('sent'), nowMs: 3000 }
    assert.deepEqual(askPhase(settleAsk(pause, facts), 3100), { kind: 'confirmed', at: pausedAt })
  })

  test('without an answer it is not confirmed after twenty seconds', () => {
    assert.equal(askPhase(pause, 1000 + confirmWithinMs - 1).kind, 'sent')
    assert.equal(askPhase(pause, 1000 + confirmWithinMs).kind, 'unconfirmed')
  })

  test('an answer after that still confirms', () => {
    const late = settleAsk(pause, { printer: printer('paused'), command: undefined, nowMs: 60_000 })
    assert.equal(askPhase(late, 60_100).kind, 'confirmed')
  })

  test('a refusal shows at once, with its reason', () => {
    const facts = { printer: printer('printing'), command: command('refused', 'door open'), nowMs: 1500 }
    const phase = askPhase(settleAsk(pause, facts), 1600)
    assert.deepEqual(phase, {
      kind: 'unconfirmed',
      atMs: 1500,
      failure: { kind: 'refused', reason: 'door open', atMs: 1500 },
    })
  })

  test('what could not be sent is said and never waits for a connection', () => {
    const unsent: Ask = { ...pause, failure: { kind: 'not-sent' } }
    assert.equal(askPhase(unsent, 1100).kind, 'unconfirmed')
  })

  test('a stop counts as done when the printer is idle or has cancelled', () => {
    const stop: Ask = { ...pause, action: 'cancel' }
    for (const state of ['idle', 'cancelled'] as const) {
      const settled = settleAsk(stop, { printer: printer(state), command: undefined, nowMs: 2000 })
      assert.equal(askPhase(settled, 2000).kind, 'confirmed')
    }
    const still = settleAsk(stop, { printer: printer('cancelling'), command: undefined, nowMs: 2000 })
    assert.equal(askPhase(still, 2000).kind, 'sent')
  })
})

describe('resume', () => {
  test('needs a picture', () => {
    assert.deepEqual(resumeGate(undefined, 0), { kind: 'no-picture' })
  })

  test('goes with a picture of thirty seconds and not a millisecond more', () => {
    const picture = { snapshotId: id, takenAtMs: 0 }
    assert.deepEqual(resumeGate(picture, 30_000), { kind: 'open', snapshotId: id, ageMs: 30_000 })
    assert.deepEqual(resumeGate(picture, 30_001), { kind: 'too-old', ageMs: 30_001 })
  })
})
