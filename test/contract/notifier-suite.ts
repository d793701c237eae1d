import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Notifier, Outgoing, Receiver } from '../../cloud/notify/notifier.ts'

/** A picture of no use but to be sent. */
export const picture = Buffer.from('/9j/4AAQSkZJRg==', 'base64')

/** A message that tells of a pause, with its picture. */
export function outgoing(changes: Partial<Outgoing> = {}): Outgoing {
  const title = 'Paused by Layerwatch at layer 41, 14:02'
  const body = 'Ender 3: spaghetti since layer 38. benchy.gcode.'
  const message = { kind: 'paused' as const, title, body, path: '/incidents/i1' }
  return { id: randomUUID(), message, at: new Date(), tag: 'i1', picture, ...changes }
}

/** A signal nobody ever gives. */
export const forever = () => new AbortController().signal

/** One way to reach people under test. */
export interface Under {
  notifier: Notifier
  /** The service behind it: how it answers (a status, or `silent` for never), and what it took. */
  service: { answer: number | string; readonly received: readonly unknown[] }
  /** What it answers when it takes a message, is busy, or refuses for good. */
  answers: { takes: number; busy: number; refuses: number }
  /** The service is gone: nobody listens there any more. */
  goAway(): Promise<unknown>
  /** Whom it goes to. */
  receiver: () => Receiver
  close(): Promise<unknown>
}

/** What every notifier keeps of its port's promises. */
export function describeNotifier(name: string, start: () => Promise<Under>): void {
  describe(name, () => {
    let under: Under
    before(async () => {
      under = await start()
    })
    after(() => under.close())

    test('hands a message over and tells what to record of it', async () => {
      under.service.answer = under.answers.takes
      assert.match(await under.notifier.send(outgoing(), under.receiver(), forever()), /taken/)
      assert.equal(under.service.received.length, 1)
    })

    test('a busy service is a reason to try again', async () => {
      under.service.answer = under.answers.busy
      await assert.rejects(under.notifier.send(outgoing(), under.receiver(), forever()), UnavailableError)
    })

    test('a final refusal is not tried again', async () => {
      under.service.answer = under.answers.refuses
      await assert.rejects(under.notifier.send(outgoing(), under.receiver(), forever()), RejectedError)
    })

    test('a service that never answers is left when asked to', async () => {
      under.service.answer = 'silent'
      const signal = AbortSignal.timeout(300)
      const before = performance.now()
      await assert.rejects(under.notifier.send(outgoing(), under.receiver(), signal))
      assert.ok(performance.now() - before < 5_000)
    })

    test('a service that is gone is a reason to try again', async () => {
      await under.goAway()
      await assert.rejects(under.notifier.send(outgoing(), under.receiver(), forever()), UnavailableError)
    })
  })
}
