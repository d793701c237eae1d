import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { RejectedError } from '@layerwatch/shared/errors.ts'

/** What is sent to an address that a person's browser named. */
export interface Post {
  headers: Record<string, string>
  body: Uint8Array
  signal: AbortSignal
  /** Whether this address may be called, whatever the name it came from. */
  mayCall: (address: string) => boolean
}

/**
 * Posts and gives the status of the answer, whose body is not read and whose redirects are not followed.
 * @throws RejectedError where the address may not be called, or whatever ends the connection.
 */
export async function post(endpoint: string, { headers, body, signal, mayCall }: Post): Promise<number> {
  const url = new URL(endpoint)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayCall(host)) throw refusal()
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { method: 'POST', headers, signal, agent: false, lookup: lookUpOnly(mayCall) },
      (response) => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

/** Looks a name up at the moment it is called, so that it cannot mean another address afterwards. */
function lookUpOnly(mayCall: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '')
      const good = found.filter(({ address }) => mayCall(address))
      const [first] = good
      if (!first) return done(refusal(), '')
      if (options.all) done(null, good)
      else done(null, first.address, first.family)
    })
  }
}

function refusal(): RejectedError {
  return new RejectedError('the push service is at an address that may not be called')
}
