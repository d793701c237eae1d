import { z } from 'zod'
import { waitUntil } from './wait.ts'

const Line = z.looseObject({ msg: z.string(), time: z.number() })
type Line = z.infer<typeof Line>

/** What a process logs, kept to be waited for. */
export class LogLines {
  readonly #lines: Line[] = []

  /** Takes a line as it comes; what is no log line is left out. */
  readonly hear = (text: string): void => {
    try {
      this.#lines.push(Line.parse(JSON.parse(text)))
    } catch {
      // Written for people.
    }
  }

  /** A place in the log: `after` it only what comes later counts. */
  get mark(): number {
    return this.#lines.length
  }

  /** All lines with this phrase after a mark. */
  all(phrase: string, after = 0): Line[] {
    return this.#lines.slice(after).filter(({ msg }) => msg === phrase)
  }

  /** The first line with this phrase after a mark, once it is there. */
  next(phrase: string, { after = 0, timeoutMs = 120_000 } = {}): Promise<Line> {
    return waitUntil(`the log line "${phrase}"`, () => this.all(phrase, after)[0], { timeoutMs, everyMs: 5 })
  }
}
