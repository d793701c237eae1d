import type { IncomingHttpHeaders } from 'node:http'

export interface Auth {
  /** Answers one request below `/api/auth`. */
  handle(request: Request): Promise<Response>
  /** Who the session cookie in these headers belongs to. */
  personOf(
    headers: IncomingHttpHeaders,
  ): Promise<{ personId: string; name: string; email: string } | undefined>
}
