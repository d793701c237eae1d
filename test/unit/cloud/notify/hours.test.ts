import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DigestPlan } from '@layerwatch/shared/notify-rules.ts'
import { nextDigest, quietUntil } from '../../../../cloud/notify/hours.ts'
import { createRandom } from '../../../../device/simulator/random.ts'

const night = { from: '22:00', to: '07:00' }
const until = (at: string, quiet: { from: string; to: string }, timeZone: string) =>
  quietUntil(new Date(at), quiet, timeZone)?.toISOString().replace(':00.000Z', 'Z')

test('quiet hours begin with their first minute and are over with their last', () => {
  const berlin = 'Europe/Berlin'
  assert.equal(until('2026-01-10T20:59:59.999Z', night, berlin), undefined)
  assert.equal(until('2026-01-10T21:00:00.000Z', night, berlin), '2026-01-11T06:00Z')
  assert.equal(until('2026-01-11T05:59:59.999Z', night, berlin), '2026-01-11T06:00Z')
  assert.equal(until('2026-01-11T06:00:00.000Z', night, berlin), undefined)
  const noon = { from: '12:00', to: '13:30' }
  assert.equal(until('2026-01-10T10:59:59.999Z', noon, berlin), undefined)
  assert.equal(until('2026-01-10T11:00:00.000Z', noon, berlin), '2026-01-10T12:30Z')
  assert.equal(until('2026-01-10T12:30:00.000Z', noon, berlin), undefined)
})

test('the same night ends at another instant for a person elsewhere', () => {
  const at = '2026-07-10T05:30:00.000Z'
  assert.equal(until(at, night, 'Europe/Berlin'), undefined)
  assert.equal(until(at, night, 'America/New_York'), '2026-07-10T11:00Z')
  assert.equal(until(at, night, 'Asia/Kolkata'), undefined)
  assert.equal(until('2026-07-10T17:00:00.000Z', night, 'Asia/Kolkata'), '2026-07-11T01:30Z')
})

test('the night in which summer time begins is an hour shorter, that in which it ends an hour longer', () => {
  // Berlin: 2026-03-29 02:00 is 03:00; 2026-10-25 03:00 is 02:00.
  assert.equal(until('2026-03-28T21:00:00.000Z', night, 'Europe/Berlin'), '2026-03-29T05:00Z')
  assert.equal(until('2026-10-24T20:00:00.000Z', night, 'Europe/Berlin'), '2026-10-25T06:00Z')
  // New York: 2026-03-08 02:00 is 03:00; 2026-11-01 02:00 is 01:00.
  assert.equal(until('2026-03-08T03:00:00.000Z', night, 'America/New_York'), '2026-03-08T11:00Z')
  assert.equal(until('2026-11-01T02:00:00.000Z', night, 'America/New_York'), '2026-11-01T12:00Z')
  // India has no summer time.
  assert.equal(until('2026-03-28T16:30:00.000Z', night, 'Asia/Kolkata'), '2026-03-29T01:30Z')
})

test('an end that the clock skips is there as it jumps, and one that it shows twice is the first', () => {
  const early = { from: '22:00', to: '02:30' }
  // Berlin's clocks jump from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
  assert.equal(until('2026-03-29T00:59:59.000Z', early, 'Europe/Berlin'), '2026-03-29T01:00Z')
  assert.equal(until('2026-03-29T01:00:00.000Z', early, 'Europe/Berlin'), undefined)
  // 02:30 is there twice on 2026-10-25, at 00:30 and 01:30 UTC; between them nothing is quiet any more.
  assert.equal(until('2026-10-25T00:29:59.000Z', early, 'Europe/Berlin'), '2026-10-25T00:30Z')
  assert.equal(until('2026-10-25T00:30:00.000Z', early, 'Europe/Berlin'), undefined)
  assert.equal(until('2026-10-25T01:10:00.000Z', early, 'Europe/Berlin'), undefined)
})

test('quiet hours that end in the skipped hour do not run into those that begin after it', () => {
  const long = { from: '03:21', to: '02:50' }
  assert.equal(until('2026-03-28T20:57:50.000Z', long, 'Europe/Berlin'), '2026-03-29T01:00Z')
  assert.equal(until('2026-03-29T01:00:00.000Z', long, 'Europe/Berlin'), undefined)
  assert.equal(until('2026-03-29T01:21:00.000Z', long, 'Europe/Berlin'), '2026-03-30T00:50Z')
  // All but half an hour that the clock skips.
  const longer = { from: '02:50', to: '02:20' }
  assert.equal(until('2026-03-28T20:00:00.000Z', longer, 'Europe/Berlin'), '2026-03-30T00:20Z')
})

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'UTC',
]

/** What a clock on the wall of a zone shows. */
function wall(at: Date, timeZone: string): string {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const
  return new Intl.DateTimeFormat('en-GB', options).format(at)
}

/** An instant of 2026, more often than not of a night in which some zone changes its clocks. */
function someInstant(random: () => number): Date {
  const changes = [
    '2026-03-08T00:00Z',
    '2026-03-28T18:00Z',
    '2026-10-24T18:00Z',
    '2026-10-31T20:00Z',
    '2026-04-04T06:00Z',
  ]
  const near = changes[Math.floor(random() * changes.length * 2)]
  if (near) return new Date(Date.parse(near) + Math.floor(random() * 2160) * 60_000)
  return new Date(Date.parse('2026-01-01T00:00Z') + Math.floor(random() * 525_600) * 60_000)
}

const someTime = (random: () => number) =>
  `${String(Math.floor(random() * 24)).padStart(2, '0')}:${String(Math.floor(random() * 60)).padStart(2, '0')}`

test('whatever the hours and the zone: quiet hours end later, within two days, once, and on time by the clock', () => {
  const random = createRandom(71).next
  let quietOnes = 0
  for (let round = 0; round < 4000; round++) {
    const timeZone = zones[round % zones.length] ?? 'UTC'
    const quiet = { from: someTime(random), to: someTime(random) }
    if (quiet.from === quiet.to) continue
    const at = someInstant(random)
    const end = quietUntil(at, quiet, timeZone)
    const said = `${at.toISOString()} ${quiet.from}-${quiet.to} ${timeZone}`
    const shown = wall(at, timeZone)
    const isWithin =
      quiet.from < quiet.to
        ? quiet.from <= shown && shown < quiet.to
        : shown >= quiet.from || shown < quiet.to
    const hoursFromChange = [-3, 3].map((hours) => wall(new Date(at.getTime() + hours * 3600_000), timeZone))
    const hourOf = (text: string | undefined) =>
      Number((text ?? '').slice(0, 2)) + Number((text ?? '').slice(3)) / 60
    const turned = (hourOf(hoursFromChange[1]) - hourOf(hoursFromChange[0]) + 24) % 24
    // Within three hours of a change of the clock, what it shows is not enough to tell.
    if (turned === 6) assert.equal(end !== undefined, isWithin, said)
    if (!end) continue
    quietOnes += 1
    const lastsMs = end.getTime() - at.getTime()
    assert.ok(lastsMs > 0 && lastsMs <= 49 * 3600_000, said)
    assert.equal(quietUntil(end, quiet, timeZone), undefined, `${said} ends at ${end.toISOString()}`)
    const almost = new Date(end.getTime() - 1)
    assert.deepEqual(quietUntil(almost, quiet, timeZone), end, said)
  }
  assert.ok(quietOnes > 1000, `${quietOnes}`)
})

test('a digest is due every day at its hour, and once a day also when the clocks change', () => {
  const plan: DigestPlan = { every: 'day', weekday: 1, at: '08:00', channels: ['email'] }
  let at = new Date('2026-03-27T12:00:00Z')
  const dues: string[] = []
  for (let day = 0; day < 4; day++) {
    at = nextDigest(at, plan, 'Europe/Berlin')
    dues.push(at.toISOString().slice(5, 16))
  }
  assert.deepEqual(dues, ['03-28T07:00', '03-29T06:00', '03-30T06:00', '03-31T06:00'])
})

test('a weekly digest is due on its day; at its very minute the next is a week away', () => {
  const plan: DigestPlan = { every: 'week', weekday: 7, at: '18:30', channels: ['email'] }
  const first = nextDigest(new Date('2026-10-20T12:00:00Z'), plan, 'America/New_York')
  assert.equal(first.toISOString(), '2026-10-25T22:30:00.000Z')
  assert.equal(nextDigest(first, plan, 'America/New_York').toISOString(), '2026-11-01T23:30:00.000Z')
})

test('whatever the hour and the zone: digests come one after the other, a day or a week apart', () => {
  const random = createRandom(72).next
  for (let round = 0; round < 500; round++) {
    const timeZone = zones[round % zones.length] ?? 'UTC'
    const every = random() < 0.5 ? ('day' as const) : ('week' as const)
    const plan = { every, weekday: 1 + Math.floor(random() * 7), at: someTime(random) }
    const at = someInstant(random)
    const due = nextDigest(at, plan, timeZone)
    const then = nextDigest(due, plan, timeZone)
    const said = `${at.toISOString()} ${JSON.stringify(plan)} ${timeZone}: ${due.toISOString()}`
    const hours = (then.getTime() - due.getTime()) / 3600_000
    const length = every === 'day' ? 24 : 168
    assert.ok(due > at && due.getTime() - at.getTime() <= (length + 1) * 3600_000, said)
    assert.ok(Math.abs(hours - length) <= 1, said)
  }
})
