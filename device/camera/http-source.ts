import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { HttpReply } from '../net/http.ts'
import { discard, openReply } from '../net/http.ts'
import type { Login, LoginAnswer } from '../net/http-login.ts'
import { answerLogin } from '../net/http-login.ts'
import type { AddressConfig } from './address.ts'
import { parseAddress } from './address.ts'

const maxRedirects = 3

/** An address that gives pictures; remembers how it wants to be logged in to. */
export class HttpSource {
  readonly #url: URL
  readonly #login: Login | undefined
  #answer: LoginAnswer | undefined

  private constructor(url: URL, login: Login | undefined) {
    this.#url = url
    this.#login = login
  }

  /** @throws ConfigError where the address is none. A login may also stand in the address. */
  static parse(config: AddressConfig): HttpSource {
    const { url, login } = parseAddress(config, ['http', 'https'])
    return new HttpSource(url, login)
  }

  /** The address without login and without its query, which may hold a key. */
  get address(): string {
    return `${this.#url.origin}${this.#url.pathname}`
  }

  /** Host and port, for messages. */
  get host(): string {
    return this.#url.host
  }

  /**
   * Asks for the address, logging in and following redirects on the same host; gives a reply of status 200.
   * @throws RejectedError where the login is refused; ProtocolError | UnavailableError
   */
  async open(signal: AbortSignal): Promise<HttpReply> {
    let url = this.#url
    for (let step = 0; step <= maxRedirects; step++) {
      const reply = await this.#openLoggedIn(url, signal)
      if (reply.status === 200) return reply
      discard(reply)
      const location = reply.header('location')
      if (reply.status < 300 || reply.status >= 400 || location === undefined)
        throw this.#refusal(reply.status)
      url = this.#follow(url, location)
    }
    throw new ProtocolError(`${this.host} redirects without end`)
  }

  async #openLoggedIn(url: URL, signal: AbortSignal): Promise<HttpReply> {
    const path = `${url.pathname}${url.search}`
    const ask = () => {
      const authorization = this.#answer?.headerFor('GET', path)
      return openReply({ url, signal, ...(authorization && { headers: { authorization } }) })
    }
    const reply = await ask()
    const wanted = reply.header('www-authenticate')
    if (reply.status !== 401 || wanted === undefined || this.#login === undefined) return reply
    discard(reply)
    // Asked for the first time, or the nonce is old: once more with what it wants now.
    this.#answer = answerLogin(wanted, this.#login)
    if (this.#answer === undefined) throw new RejectedError(`${this.host} wants a login we do not know`)
    return ask()
  }

  #refusal(status: number): Error {
    if (status === 401 || status === 403) {
      const asked = this.#login === undefined ? 'wants a login' : 'refused the login'
      return new RejectedError(`${this.host} ${asked}`)
    }
    if (status >= 500 || status === 429) return new UnavailableError(`${this.host} answered ${status}`)
    return new ProtocolError(`${this.address} answered ${status}`)
  }

  /** Where a redirect leads, on the same host only: pictures and the login stay where they were configured. */
  #follow(from: URL, location: string): URL {
    const to = URL.parse(location, from.href)
    if (to === null || to.origin !== this.#url.origin) {
      throw new ProtocolError(
        `${this.address} leads to ${to?.host ?? 'nowhere'}: configure that address itself`,
      )
    }
    return to
  }
}
