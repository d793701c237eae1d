/** What the doctor found of one thing. */
export interface Finding {
  /** Stable name for programs, such as `mail`. */
  check: string
  level: 'fine' | 'advice' | 'trouble'
  /** One sentence for people. */
  words: string
  /** What to do; absent where all is fine. */
  mend?: string
}

export function fine(check: string, words: string): Finding {
  return { check, level: 'fine', words }
}

/** It works, and could be better or safer. */
export function advise(check: string, words: string, mend: string): Finding {
  return { check, level: 'advice', words, mend }
}

/** Something does not work. */
export function complain(check: string, words: string, mend: string): Finding {
  return { check, level: 'trouble', words, mend }
}

/** A sentence of an error and of what caused it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
