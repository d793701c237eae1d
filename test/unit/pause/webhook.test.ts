import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { parseConfig } from '../../../device/config.ts'
import { callWebhook, isLocalHost, type WebhookConfig } from '../../../device/printer/webhook.ts'
import { json, startHttpPeer } from '../../fakes/http-peer.ts'

const never = new AbortController().signal
const hook = (url: string, more: Partial<WebhookConfig> = {}): WebhookConfig => ({
  url,
  method: 'POST',
  header: 'Authorization',
  ...more,
})

test('the plug is called once, with its secret and what it wants to hear', async (t) => {
  const heads: (string | undefined)[] = []
  const peer = await startHttpPeer(({ head }) => {
    heads.push(head.headers.authorization)
    return json(200, {})
  })
  t.after(() => peer.close())
  await callWebhook(hook(`${peer.url}/off?plug=1`, { secret: 'Bearer abc', body: '{"id":1}' }), never)
  assert.deepEqual(peer.asked, ['POST /off {"id":1}'])
  assert.deepEqual(heads, ['Bearer abc'])
})

test('a redirect is not followed: the secret goes nowhere else', async (t) => {
  const visitors: string[] = []
  const other = await startHttpPeer(({ path }) => {
    visitors.push(path)
    return json(200, {})
  })
  const peer = await startHttpPeer(
    () => (_, response) => response.writeHead(302, { location: `${other.url}/stolen` }).end(),
  )
  t.after(() => Promise.all([peer.close(), other.close()]))
  await assert.rejects(callWebhook(hook(peer.url, { secret: 'abc' }), never), ProtocolError)
  assert.deepEqual(visitors, [])
})

test('a plug that refuses, breaks or hangs is said to have done so', async (t) => {
  let status = 403
  const peer = await startHttpPeer(() => (request, response) => {
    if (status > 0) json(status, {})(request, response)
  })
  t.after(() => peer.close())
  await assert.rejects(callWebhook(hook(peer.url), never), RejectedError)
  status = 500
  await assert.rejects(callWebhook(hook(peer.url), never), UnavailableError)
  status = 0
  await assert.rejects(callWebhook(hook(peer.url), never), UnavailableError)
  await peer.close()
  await assert.rejects(callWebhook(hook(peer.url), never), UnavailableError)
})

test('an address without TLS must lie in the own network', () => {
  for (const host of ['192.168.1.9', '10.1.2.3', '172.31.0.1', '[fd00::1]', '[::1]', 'plug', 'plug.local'])
    assert.ok(isLocalHost(host), host)
  for (const host of ['8.8.8.8', '172.32.0.1', '[2001:db8::1]', 'example.com', 'local.example.com'])
    assert.ok(!isLocalHost(host), host)
})

function problemsOf(printer: string, pause: string): readonly string[] {
  const simulated = '{kind: simulated, url: "http://s"}'
  try {
    parseConfig(`printers: [{name: A, printer: ${printer}, camera: ${simulated}, pause: ${pause}}]`, {
      folder: '/',
      env: { PLUG: 'Bearer x' },
      file: 'agent.yaml',
    })
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
}

test('a configuration is told what can not be', () => {
  const klipper = '{kind: moonraker, url: "http://m"}'
  const octoprint = '{kind: octoprint, url: "http://o", apiKey: k}'
  const fallback = (one: string) => `{fallback: [${one}]}`
  assert.deepEqual(problemsOf(klipper, fallback('{kind: emergency-stop}')), [])
  assert.match(
    problemsOf(octoprint, fallback('{kind: emergency-stop}'))[0] ?? '',
    /^printers\.0\.pause\.fallback\.0: only Klipper/,
  )
  const plug = (url: string) => fallback(`{kind: webhook, url: "${url}", secretEnv: PLUG}`)
  assert.deepEqual(problemsOf(octoprint, plug('http://192.168.1.30/off')), [])
  assert.deepEqual(problemsOf(octoprint, plug('https://example.com/off')), [])
  assert.match(problemsOf(octoprint, plug('http://example.com/off'))[0] ?? '', /url: must begin with https/)
  assert.ok(problemsOf(octoprint, plug('file:///etc/passwd')).length > 0)
  assert.ok(problemsOf(octoprint, plug('plug')).length > 0)
})
