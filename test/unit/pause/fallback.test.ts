import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventInput } from '@layerwatch/shared/events.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import pino from 'pino'
import { type Fallback, useFallbacks } from '../../../device/pause/fallback.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

interface Scene {
  fallbacks: readonly Fallback[]
  state: () => PrinterState | undefined
  isMeant?: () => boolean
}

async function fallBack({ fallbacks, state, isMeant = () => true }: Scene) {
  const clock = new VirtualClock()
  const outcomes: EventInput<'fallback.used'>[] = []
  const using = useFallbacks(
    fallbacks,
    {
      readStatus: async () => {
        const now = state()
        return now && { state: now }
      },
      isMeant,
      clock,
      log: pino({ level: 'silent' }),
      onOutcome: (outcome) => outcomes.push(outcome),
    },
    new AbortController().signal,
  )
  const [used] = await Promise.all([using, clock.run(120_000)])
  return { used, outcomes }
}

test('the next way is taken only where the one before did not end the printer', async () => {
  const called: string[] = []
  let state: PrinterState | undefined = 'printing'
  const fallbacks: Fallback[] = [
    {
      means: 'emergency-stop',
      use: async () => {
        called.push('emergency-stop')
        throw new Error('refused')
      },
    },
    { means: 'webhook', use: async () => void called.push('webhook') },
    {
      means: 'relay',
      use: async () => {
        called.push('relay')
        state = undefined
      },
    },
  ]
  const { used, outcomes } = await fallBack({ fallbacks, state: () => state })
  assert.deepEqual(called, ['emergency-stop', 'emergency-stop', 'emergency-stop', 'webhook', 'relay'])
  assert.deepEqual(outcomes, [
    { means: 'emergency-stop', result: 'failed', tries: 3, reason: 'refused' },
    { means: 'webhook', result: 'unconfirmed', tries: 1 },
    { means: 'relay', result: 'confirmed', tries: 1 },
  ])
  assert.deepEqual(
    used.map(({ means }) => means),
    ['webhook', 'relay'],
  )
})

test('a printer that is seen to have ended is left alone', async () => {
  let state: PrinterState = 'printing'
  const halt: Fallback = {
    means: 'emergency-stop',
    use: async () => {
      state = 'error'
    },
  }
  const cut: Fallback = { means: 'relay', use: () => assert.fail('it has ended') }
  const { outcomes } = await fallBack({ fallbacks: [halt, cut], state: () => state })
  assert.deepEqual(outcomes, [{ means: 'emergency-stop', result: 'confirmed', tries: 1 }])
})

test('a call that fails once is made again', async () => {
  let calls = 0
  const flaky: Fallback = {
    means: 'webhook',
    use: async () => {
      calls += 1
      if (calls === 1) throw new Error('lost on the way')
    },
  }
  const { outcomes } = await fallBack({ fallbacks: [flaky], state: () => 'offline' })
  assert.deepEqual(outcomes, [{ means: 'webhook', result: 'confirmed', tries: 2 }])
})

test('nothing is called once the print is another, or was paused meanwhile, not even in a second try', async () => {
  let calls = 0
  const vain: Fallback = {
    means: 'webhook',
    use: async () => {
      calls += 1
      throw new Error('hangs')
    },
  }
  const next: Fallback = { means: 'relay', use: () => assert.fail('another print runs') }
  const { outcomes } = await fallBack({
    fallbacks: [vain, next],
    state: () => 'printing',
    isMeant: () => calls === 0,
  })
  assert.equal(calls, 1)
  assert.deepEqual(outcomes, [{ means: 'webhook', result: 'failed', tries: 1, reason: 'hangs' }])
  const none = await fallBack({ fallbacks: [next], state: () => 'printing', isMeant: () => false })
  assert.deepEqual(none.outcomes, [])
})

test('one reading without an answer is not yet a printer without power', async () => {
  const told: (PrinterState | undefined)[] = ['printing', undefined, 'printing', undefined, undefined]
  let readings = 0
  const cut: Fallback = { means: 'relay', use: async () => {} }
  const state = () => (readings < told.length ? told[readings++] : 'printing')
  const { outcomes } = await fallBack({ fallbacks: [cut], state })
  assert.deepEqual(outcomes, [{ means: 'relay', result: 'unconfirmed', tries: 1 }])
})
