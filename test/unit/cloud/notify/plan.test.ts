import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Channel } from '@layerwatch/shared/notify.ts'
import { channelsOf, defaultRules, type NotificationRules, Topic } from '@layerwatch/shared/notify-rules.ts'
import { quietUntil } from '../../../../cloud/notify/hours.ts'
import { type Candidate, planNotices } from '../../../../cloud/notify/plan.ts'
import { createRandom } from '../../../../device/simulator/random.ts'

const at = new Date('2026-05-04T21:00:00Z')
const night = { from: '22:00', to: '07:00' }

function candidate(
  personId: string,
  rules: Partial<NotificationRules> = {},
  more: Partial<Candidate> = {},
): Candidate {
  const common = { channel: 'push' as const, target: '', timeZone: 'Europe/Berlin' }
  return { personId, ...common, rules: { ...defaultRules, ...rules }, ...more }
}

const failing = { topic: 'failing' as const, canBeAnswered: true, at, notBefore: at }
const finished = { topic: 'finished' as const, canBeAnswered: false, at, notBefore: at }
const brief = (plans: ReturnType<typeof planNotices>) =>
  plans.map(({ candidate, dueAt, isHeld, unansweredMinutes }) =>
    [
      candidate.personId,
      (dueAt.getTime() - at.getTime()) / 60_000,
      ...(isHeld ? ['held'] : []),
      ...(unansweredMinutes === undefined ? [] : [`unless anybody acts for ${unansweredMinutes}`]),
    ].join(' '),
  )

test('by default everybody is told at once, as it always was', () => {
  assert.deepEqual(brief(planNotices(failing, [candidate('ada'), candidate('ben')])), ['ada 0', 'ben 0'])
  assert.deepEqual(
    brief(planNotices({ ...finished, topic: 'suspected' }, [candidate('ada', {}, { channel: 'email' })])),
    [],
  )
  assert.deepEqual(brief(planNotices({ ...finished, topic: 'started' }, [candidate('ada')])), [])
})

test('a topic is told on the channels chosen for it and on no other', () => {
  const rules = { channels: { finished: ['email' as const], started: ['push' as const] } }
  const both = [candidate('ada', rules), candidate('ada', rules, { channel: 'email' })]
  const told = (topic: Topic) =>
    planNotices({ ...finished, topic }, both).map((plan) => plan.candidate.channel)
  assert.deepEqual(told('finished'), ['email'])
  assert.deepEqual(told('started'), ['push'])
  assert.deepEqual(told('lost'), ['push', 'email'])
})

test('quiet hours hold back what is not urgent until they end', () => {
  const ada = candidate('ada', { quiet: night })
  assert.deepEqual(brief(planNotices(finished, [ada])), ['ada 480 held'])
  assert.deepEqual(brief(planNotices(failing, [ada])), ['ada 0'])
  const calm = candidate('ada', { quiet: night, urgent: [] })
  assert.deepEqual(brief(planNotices(failing, [calm])), ['ada 480 held'])
})

test('the same of the same printer is told once in a while, what is urgent always', () => {
  const minutesAgo = (minutes: number) => ({ lastToldAt: new Date(at.getTime() - minutes * 60_000) })
  const rules = { cooldownMinutes: 30 }
  assert.deepEqual(brief(planNotices(finished, [candidate('ada', rules, minutesAgo(29))])), [])
  assert.deepEqual(brief(planNotices(finished, [candidate('ada', rules, minutesAgo(30))])), ['ada 0'])
  assert.deepEqual(brief(planNotices(failing, [candidate('ada', rules, minutesAgo(1))])), ['ada 0'])
})

test('who stands by is told of a failure where nobody acted, each after their own time', () => {
  const people = [
    candidate('ada'),
    candidate('ben', { standbyMinutes: 10 }),
    candidate('cy', { standbyMinutes: 30 }),
  ]
  assert.deepEqual(brief(planNotices(failing, people)), [
    'ada 0',
    'ben 10 unless anybody acts for 10',
    'cy 30 unless anybody acts for 30',
  ])
  assert.deepEqual(brief(planNotices(finished, people)), ['ada 0', 'ben 0', 'cy 0'])
})

test('where nobody would hear a failure at once, the first who stands by does not wait', () => {
  const standing = [candidate('ben', { standbyMinutes: 10 }), candidate('cy', { standbyMinutes: 5 })]
  assert.deepEqual(brief(planNotices(failing, standing)), ['ben 10 unless anybody acts for 10', 'cy 0'])
  const asleep = candidate('ada', { quiet: night, urgent: [] })
  assert.deepEqual(brief(planNotices(failing, [asleep, ...standing])), [
    'ada 480 held',
    'ben 10 unless anybody acts for 10',
    'cy 0',
  ])
  const sleepy = candidate('cy', { standbyMinutes: 5, quiet: night, urgent: [] })
  assert.deepEqual(brief(planNotices(failing, [candidate('ben', { standbyMinutes: 10 }), sleepy])), [
    'ben 0',
    'cy 480 held unless anybody acts for 5',
  ])
})

test('a self-test goes everywhere at once, whatever anybody chose', () => {
  const rules = { quiet: night, urgent: [], standbyMinutes: 10, cooldownMinutes: 60 }
  const plans = planNotices({ ...failing, topic: undefined }, [candidate('ada', rules, { lastToldAt: at })])
  assert.deepEqual(brief(plans), ['ada 0'])
})

test('whatever people chose: nothing comes early, twice or unwanted, nothing rings in quiet hours, somebody hears a failure', () => {
  const { next, whole, chance, pick } = createRandom(73)
  const time = () => `${String(whole(0, 23)).padStart(2, '0')}:${String(whole(0, 59)).padStart(2, '0')}`
  const some = <T>(all: readonly T[]) => all.filter(() => chance(0.4))
  for (let round = 0; round < 3000; round++) {
    const now = new Date(Date.parse('2026-03-28T12:00:00Z') + Math.floor(next() * 48 * 3600_000))
    const people = Array.from({ length: whole(1, 4) }, (_, place) => {
      const [from, to] = [time(), time()]
      const rules: NotificationRules = {
        ...defaultRules,
        channels: chance(0.5) ? { [pick(['failing', 'lost', 'finished'])]: some(Channel.options) } : {},
        urgent: some(Topic.options),
        quiet: from === to || chance(0.3) ? null : { from, to },
        cooldownMinutes: pick([0, 30]),
        standbyMinutes: chance(0.5) ? whole(1, 60) : null,
      }
      const timeZone = pick(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata'])
      const lastToldAt = chance(0.3) ? new Date(now.getTime() - whole(0, 60) * 60_000) : undefined
      return Channel.options
        .filter(() => chance(0.5))
        .map(
          (channel): Candidate => ({
            personId: `p${place}`,
            channel,
            target: '',
            rules,
            timeZone,
            lastToldAt,
          }),
        )
    }).flat()
    const topic = pick<Topic>(['failing', 'lost', 'finished'])
    const occasion = { topic, canBeAnswered: topic === 'failing', at: now, notBefore: now }
    const plans = planNotices(occasion, people)
    const said = JSON.stringify({ occasion, people, plans })
    const wanting = people.filter(({ rules, channel, lastToldAt }) => {
      const isCooling =
        lastToldAt !== undefined && now.getTime() - lastToldAt.getTime() < rules.cooldownMinutes * 60_000
      return channelsOf(rules, topic).includes(channel) && (rules.urgent.includes(topic) || !isCooling)
    })
    assert.deepEqual(new Set(plans.map(({ candidate }) => candidate)), new Set(wanting), said)
    assert.equal(plans.length, wanting.length, said)
    for (const { candidate, dueAt, isHeld } of plans) {
      const { rules, timeZone } = candidate
      assert.ok(dueAt >= now, said)
      if (rules.quiet && !rules.urgent.includes(topic)) {
        assert.equal(quietUntil(dueAt, rules.quiet, timeZone), undefined, said)
      } else assert.equal(isHeld, false, said)
    }
    const canHear = wanting.some(({ rules, timeZone }) => {
      return !rules.quiet || rules.urgent.includes(topic) || !quietUntil(now, rules.quiet, timeZone)
    })
    const isHeard = plans.some(({ dueAt, unansweredMinutes }) => {
      return dueAt.getTime() === now.getTime() && unansweredMinutes === undefined
    })
    assert.equal(isHeard, canHear, said)
  }
})
