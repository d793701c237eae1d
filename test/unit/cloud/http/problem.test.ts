import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem } from '@layerwatch/shared/api.ts'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import fastify from 'fastify'
import { z } from 'zod'
import { addRequestGuards } from '../../../../cloud/http/guards.ts'
import { ApiRefusal, answerProblems } from '../../../../cloud/http/problem.ts'

function appThat(fails: () => unknown) {
  const app = fastify({ bodyLimit: 1000 })
  addRequestGuards(app, 'http://127.0.0.1:8080')
  answerProblems(app)
  app.all('/', async () => fails())
  return app
}

async function answerTo(error: unknown): Promise<{ status: number; problem: ApiProblem }> {
  const answer = await appThat(() => {
    throw error
  }).inject('/')
  return { status: answer.statusCode, problem: ApiProblem.strict().parse(answer.json()) }
}

test('a refusal is answered as it says', async () => {
  const { status, problem } = await answerTo(new ApiRefusal(403, 'not-yours', 'This is not yours.'))
  assert.deepEqual(
    { status, problem },
    { status: 403, problem: { code: 'not-yours', message: 'This is not yours.' } },
  )
})

test('mistakes in a request are named with their paths', async () => {
  const parsed = z.object({ a: z.object({ b: z.number() }) }).safeParse({ a: { b: 'x' } })
  const { status, problem } = await answerTo(parsed.error)
  assert.equal(status, 400)
  assert.equal(problem.problems?.[0]?.path, 'a.b')
})

test('what was refused, and what is not possible just now, are told apart', async () => {
  assert.equal((await answerTo(new RejectedError('no'))).status, 409)
  assert.equal((await answerTo(new UnavailableError('down'))).status, 503)
})

test('a bug says nothing about itself', async () => {
  const { status, problem } = await answerTo(new TypeError('secret at /srv/x.ts'))
  assert.equal(status, 500)
  assert.doesNotMatch(JSON.stringify(problem), /secret|srv/)
})

test('a body that is garbled, too large or no JSON is refused as a problem', async () => {
  const app = appThat(() => ({}))
  const send = (payload: string, type: string) =>
    app.inject({ method: 'POST', url: '/', payload, headers: { 'content-type': type } })
  const answers = await Promise.all([
    send('{"a":', 'application/json'),
    send(JSON.stringify('x'.repeat(2000)), 'application/json'),
    send('a=b', 'application/x-www-form-urlencoded'),
    send('{"__proto__": {"x": 1}}', 'application/json'),
    send('{}', 'text/plain'),
  ])
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [400, 413, 415, 400, 415],
  )
  for (const answer of answers) ApiProblem.strict().parse(answer.json())
  assert.equal((await send('', 'application/json')).statusCode, 200)
})

test('what changes something must come from the page itself', async () => {
  const app = appThat(() => ({}))
  const send = async (headers: Record<string, string>, method: 'POST' | 'DELETE' | 'GET' = 'POST') =>
    (await app.inject({ method, url: '/', headers })).statusCode
  assert.equal(await send({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await send({ 'sec-fetch-site': 'same-site' }, 'DELETE'), 403)
  assert.equal(await send({ origin: 'https://evil.example' }), 403)
  assert.equal(await send({ origin: 'null' }), 403)
  assert.equal(await send({ origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' }), 200)
  assert.equal(await send({ origin: 'http://pi.local', host: 'pi.local' }), 200)
  assert.equal(await send({ 'sec-fetch-site': 'cross-site' }, 'GET'), 200)
  assert.equal(await send({}), 200)
})
