import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fastify from 'fastify'
import { addRequestGuards } from '../../../../cloud/http/guards.ts'
import { addPage } from '../../../../cloud/http/page.ts'
import { answerProblems } from '../../../../cloud/http/problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'layerwatch-page-'))
const dist = join(folder, 'dist')
mkdirSync(join(dist, 'assets'), { recursive: true })
writeFileSync(join(dist, 'index.html'), '<title>page</title>')
writeFileSync(join(dist, 'sw.js'), 'worker')
writeFileSync(join(dist, 'assets/index-1a2b.js'), 'script')
writeFileSync(join(folder, 'secret'), 'secret')
after(() => rmSync(folder, { recursive: true }))

function build(dir: string) {
  const app = fastify()
  addRequestGuards(app, 'https://printers.example.org')
  answerProblems(app)
  addPage(app, dir)
  return app
}

test('the page answers at its own addresses, each time anew', async () => {
  const app = build(dist)
  for (const url of ['/', '/index.html', '/printers/1', '/sign-in?next=/']) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, 200, url)
    assert.equal(answer.body, '<title>page</title>')
    assert.equal(answer.headers['cache-control'], 'no-cache')
  }
  assert.equal((await app.inject('/sw.js')).headers['cache-control'], 'no-cache')
})

test('hashed assets are kept for ever, and a missing one is not the page', async () => {
  const app = build(dist)
  const asset = await app.inject('/assets/index-1a2b.js')
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal((await app.inject('/assets/index-0000.js')).statusCode, 404)
})

test('an unknown address of the API is a problem in JSON, not the page', async () => {
  const app = build(dist)
  for (const url of ['/api', '/api/', '/api/nothing', '/api?x']) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, 404, url)
    assert.equal(answer.json().code, 'unknown-route')
  }
  assert.equal((await app.inject({ method: 'POST', url: '/printers' })).statusCode, 404)
})

test('nothing outside the folder is served', async () => {
  const app = build(dist)
  for (const url of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/assets/..%2f..%2fsecret']) {
    assert.notEqual((await app.inject(url)).body, 'secret', url)
  }
})

test('without a built page there is the API alone', async () => {
  assert.equal((await build(join(folder, 'none')).inject('/')).statusCode, 404)
})

test('every answer forbids inline scripts, framing and guessing of types', async () => {
  const app = build(dist)
  for (const url of ['/', '/api/nothing']) {
    const { headers } = await app.inject(url)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['strict-transport-security']), /max-age/)
  }
})
