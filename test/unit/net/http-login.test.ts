import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { answerLogin } from '../../../device/net/http-login.ts'

const login = { username: 'Mufasa', password: 'Circle of Life' }
const field = (header: string, name: string) => new RegExp(`[ ,]${name}="?([^",]+)`).exec(header)?.[1] ?? ''

/** The answer RFC 7616 section 3.4.1 defines, worked out by itself. */
function expectedResponse(header: string, hashName: string, method: string): string {
  const hash = (text: string) => createHash(hashName).update(text).digest('hex')
  const secret = hash(`Mufasa:${field(header, 'realm')}:Circle of Life`)
  const request = hash(`${method}:${field(header, 'uri')}`)
  const middle = [field(header, 'nonce'), field(header, 'nc'), field(header, 'cnonce'), 'auth'].join(':')
  return hash(`${secret}:${middle}:${request}`)
}

test('digest prefers SHA-256 where both are offered, and counts its requests', () => {
  const answer = answerLogin(
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="n1", opaque="o", ' +
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="n2", opaque="o"',
    login,
  )
  const header = answer?.headerFor('GET', '/dir/index.html') ?? ''
  assert.equal(field(header, 'nonce'), 'n2')
  assert.equal(field(header, 'response'), expectedResponse(header, 'sha256', 'GET'))
  assert.equal(field(header, 'nc'), '00000001')
  assert.equal(field(answer?.headerFor('GET', '/') ?? '', 'nc'), '00000002')
})

test('the older digest without qop gives the answer of RFC 2069', () => {
  const answer = answerLogin(
    'Digest realm="myhost@testrealm.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    login,
  )
  const header = answer?.headerFor('GET', '/dir/index.html') ?? ''
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const secret = md5('Mufasa:myhost@testrealm.com:Circle of Life')
  const expected = md5(`${secret}:dcd98b7102dd2f0e8b11d0f600bfb0c093:${md5('GET:/dir/index.html')}`)
  assert.equal(field(header, 'response'), expected)
  assert.doesNotMatch(header, /qop|cnonce/)
})

test('basic is given where digest is not offered or wants what we cannot', () => {
  const basic = `Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`
  const offers = ['Basic realm="a"', 'Basic', 'Digest realm="a", nonce="n", qop="auth-int", Basic realm="b"']
  for (const offer of offers) assert.equal(answerLogin(offer, login)?.headerFor('GET', '/'), basic)
})

test('a realm that names another scheme does not mislead', () => {
  const header = answerLogin('Digest realm="a, basic b", nonce="n", qop=auth', login)?.headerFor('GET', '/')
  assert.match(header ?? '', /^Digest .*realm="a, basic b"/)
})

test('no login is given for a scheme we do not know', () => {
  assert.equal(answerLogin('Bearer realm="a"', login), undefined)
  assert.equal(answerLogin('Digest realm="a", nonce="n", algorithm=SHA-512-256', login), undefined)
})
