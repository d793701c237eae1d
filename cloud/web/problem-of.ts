import { Refusal } from './api.ts'
import { texts } from './texts.ts'

/** What to say of a request that failed. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Refusal)) return texts.problem.unreachable
  return error.problem.problems?.[0]?.message ?? (error.message || texts.problem.unexpected)
}
