import type { Prisma } from './generated/client.ts'

/** A value as a JSON column takes it: what JSON cannot say (undefined) is left out. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value ?? null))
}

/** A row's columns without those that are null, for schemas whose fields are optional. */
export function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined))
}

/** An instant as the page reads it. */
export function instant(at: Date): string {
  return at.toISOString()
}
