/** The cloud's API as a browser reaches it: same origin, with the cookies of one person's session. */
export interface CloudClient {
  readonly url: string
  /** Answers with the response, whatever its status. */
  request(method: string, route: string, options?: RequestOptions): Promise<Response>
  /** The answer's JSON. @throws Error where the status is none of success. */
  get(route: string): Promise<unknown>
  post(route: string, body?: unknown, headers?: Record<string, string>): Promise<unknown>
}

export interface RequestOptions {
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Account {
  email: string
  password: string
}

const timeoutMs = 15_000

/** A client without a session; signing in or up through it gives it one. */
export function openCloudClient(url: string): CloudClient {
  const origin = new URL(url).origin
  const cookies = new Map<string, string>()

  const request = async (method: string, route: string, options: RequestOptions = {}) => {
    const hasBody = options.body !== undefined
    const response = await fetch(new URL(route, origin), {
      method,
      redirect: 'manual',
      headers: {
        origin,
        ...(cookies.size > 0 && {
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        }),
        ...(hasBody && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(hasBody && { body: JSON.stringify(options.body) }),
      signal: options.signal ?? AbortSignal.timeout(timeoutMs),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split(/=(.*)/s)
      cookies.set(name, value)
    }
    return response
  }

  const answer = async (method: string, route: string, options?: RequestOptions): Promise<unknown> => {
    const response = await request(method, route, options)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  return {
    url: origin,
    request,
    get: (route) => answer('GET', route),
    post: (route, body = {}, headers = {}) => answer('POST', route, { body, headers }),
  }
}

/** A client with the session of somebody who has an account. */
export async function signIn(url: string, { email, password }: Account): Promise<CloudClient> {
  const client = openCloudClient(url)
  await client.post('/api/auth/sign-in/email', { email, password })
  return client
}
