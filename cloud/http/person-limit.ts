import { ApiRefusal } from './problem.ts'

/** People remembered at most; beyond, the one longest ago is forgotten. */
const maxPeople = 10_000
const windowMs = 60_000

/**
 * Bounds how often one person may ask for something.
 * @param options.perMinute how often; the minute begins with the first time.
 * @param options.nowMs a monotonic clock in milliseconds.
 * @returns what counts one time. @throws ApiRefusal 429 where it is one too many.
 */
export function limitPerson(options: {
  perMinute: number
  nowMs?: () => number
}): (personId: string) => void {
  const { perMinute, nowMs = () => performance.now() } = options
  const minutes = new Map<string, { fromMs: number; times: number }>()
  return (personId) => {
    const known = minutes.get(personId)
    const isOver = known === undefined || nowMs() - known.fromMs >= windowMs
    const minute = isOver ? { fromMs: nowMs(), times: 0 } : known
    minute.times += 1
    minutes.delete(personId)
    minutes.set(personId, minute)
    const [oldest] = minutes.keys()
    if (minutes.size > maxPeople && oldest !== undefined) minutes.delete(oldest)
    if (minute.times > perMinute) {
      throw new ApiRefusal(429, 'too-often', 'Too often. Wait a minute and try again.')
    }
  }
}
