import { createHash, randomBytes } from 'node:crypto'

/** A name and its password, for basic or digest login. */
export interface Login {
  username: string
  password: string
}

/** The value for `Authorization` in answer to what a server asked for. */
export interface LoginAnswer {
  /** The next request's header; digest counts, so each request needs its own. */
  headerFor(method: string, path: string): string
}

type Challenge = { scheme: string; params: Map<string, string> }

const hashes = new Map([
  ['MD5', 'md5'],
  ['SHA-256', 'sha256'],
])

/**
 * Chooses the strongest login a server offers in `WWW-Authenticate`: digest with SHA-256, with MD5, then basic.
 * Undefined where it offers none we know. https://www.rfc-editor.org/rfc/rfc7616
 */
export function answerLogin(wwwAuthenticate: string, login: Login): LoginAnswer | undefined {
  const challenges = parseChallenges(wwwAuthenticate)
  const digests = challenges.filter((one) => one.scheme === 'digest' && digestHash(one) !== undefined)
  const digest = digests.find((one) => digestHash(one) === 'sha256') ?? digests[0]
  if (digest !== undefined) return answerDigest(digest, login)
  if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  return { headerFor: () => basic }
}

function answerDigest(challenge: Challenge, { username, password }: Login): LoginAnswer {
  const { params } = challenge
  const hashName = digestHash(challenge) ?? 'md5'
  const hash = (text: string) => createHash(hashName).update(text).digest('hex')
  const realm = params.get('realm') ?? ''
  const nonce = params.get('nonce') ?? ''
  const algorithm = params.get('algorithm')
  const hasQop = params.has('qop')
  let count = 0
  const headerFor = (method: string, path: string) => {
    count += 1
    const nc = count.toString(16).padStart(8, '0')
    const cnonce = randomBytes(8).toString('hex')
    const plain = hash(`${username}:${realm}:${password}`)
    const secret = /-sess$/i.test(algorithm ?? '') ? hash(`${plain}:${nonce}:${cnonce}`) : plain
    const request = hash(`${method}:${path}`)
    const middle = hasQop ? `${nonce}:${nc}:${cnonce}:auth` : nonce
    const fields = [
      `username=${quote(username)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(path)}`,
      `response="${hash(`${secret}:${middle}:${request}`)}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(hasQop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
      ...(params.has('opaque') ? [`opaque=${quote(params.get('opaque') ?? '')}`] : []),
    ]
    return `Digest ${fields.join(', ')}`
  }
  return { headerFor }
}

/** Name of the hash a digest wants; undefined where we can't do what it wants. */
function digestHash({ params }: Challenge): string | undefined {
  const qop = params.get('qop')
  if (qop !== undefined && !qop.split(/[\s,]+/).includes('auth')) return undefined
  return hashes.get((params.get('algorithm') ?? 'MD5').toUpperCase().replace(/-SESS$/, ''))
}

function parseChallenges(header: string): Challenge[] {
  // What stands in quotes is blanked, so that a realm called "basic" is no scheme.
  const words = header.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) => `"${' '.repeat(quoted.length - 2)}"`)
  const starts = [...words.matchAll(/(?:^|,)\s*(basic|digest)(?=\s|,|$)/gi)]
  return starts.map((start, index) => {
    const rest = header.slice(start.index + start[0].length, starts[index + 1]?.index)
    const params = [...rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)]
    return {
      scheme: (start[1] ?? '').toLowerCase(),
      params: new Map(
        params.map(([, name, quoted, plain]) => [
          (name ?? '').toLowerCase(),
          quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
        ]),
      ),
    }
  })
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
