import { Id } from '@layerwatch/shared/vocabulary.ts'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { notFound } from './problem.ts'

/** An id of the address. What is no id names nothing: a 404, like any other that is not there. */
export function idOf(request: FastifyRequest, name: 'printerId' | 'printId' | 'id'): string {
  const params = z.record(z.string(), z.string()).safeParse(request.params)
  const id = Id.safeParse(params.data?.[name])
  if (!id.success) throw notFound(name === 'id' ? 'thing' : name.replace(/Id$/, ''))
  return id.data
}

/** How a list is cut: at most so many, from before an instant on. */
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .optional(),
})

/** Reads `limit` and `before` of the query. @throws ZodError, which becomes a 400. */
export function pageOf(request: FastifyRequest): { limit: number; before?: Date | undefined } {
  return Page.parse(request.query)
}
