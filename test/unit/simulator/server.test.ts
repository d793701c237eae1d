import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { z } from 'zod'
import { createSimulator } from '../../../device/simulator/server.ts'
import { toRunSpec } from '../../../device/simulator/simulation.ts'
import { createStudio } from '../../../device/simulator/studio.ts'

const Status = z.looseObject({
  state: z.string(),
  job: z.object({ name: z.string(), id: z.string() }).default({ name: '', id: '' }),
  printSeconds: z.number(),
  filePosition: z.number(),
  fileBytes: z.number(),
  speed: z.number(),
})
const Refusal = z.object({ reason: z.string().min(1) })

async function startSimulator({ hasFailure = false, isRepeating = false, isIdleFirst = false } = {}) {
  let nowMs = 1000
  let jobs = 0
  const server = createSimulator(
    {
      spec: toRunSpec({
        seed: 5,
        world: 'judge',
        layers: 12,
        shape: 'vase',
        ...(hasFailure && { failure: { kind: 'spaghetti', layer: 3 } }),
      }),
      speed: 10,
      size: { width: 160, height: 120 },
      isRepeating,
      isIdleFirst,
      streamRate: 30,
    },
    { studio: createStudio(), now: () => nowMs, createJobId: () => `job-${++jobs}` },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    pass: (seconds: number) => {
      nowMs += seconds * 1000
    },
    status: async () => Status.parse(await (await fetch(`${url}/printer`)).json()),
    post: (path: string, body?: string) =>
      fetch(url + path, { method: 'POST', ...(body !== undefined && { body }) }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Simulator = Awaited<ReturnType<typeof startSimulator>>

describe('the simulator over HTTP', { timeout: 60_000 }, () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  test('a print goes on with the clock, as many times faster as was asked', async () => {
    const before = await simulator.status()
    simulator.pass(2)
    const later = await simulator.status()
    assert.equal(later.printSeconds, before.printSeconds + 20)
    assert.deepEqual([later.state, later.speed, later.job.name], ['printing', 10, 'vase.gcode'])
    assert.ok(later.filePosition > before.filePosition && later.filePosition < later.fileBytes)
  })

  test('pause, resume, cancel and start change the state, and are refused where they cannot be', async () => {
    assert.equal(Status.parse(await (await simulator.post('/printer/pause')).json()).state, 'pausing')
    const refused = await simulator.post('/printer/pause')
    assert.equal(refused.status, 409)
    assert.match(Refusal.parse(await refused.json()).reason, /cannot pause while pausing/)
    simulator.pass(1)
    assert.equal((await simulator.status()).state, 'paused')
    assert.equal((await simulator.post('/printer/resume')).status, 200)
    simulator.pass(1)
    assert.equal((await simulator.status()).state, 'printing')
    const { id } = (await simulator.status()).job
    assert.equal((await simulator.post('/printer/cancel')).status, 200)
    simulator.pass(1)
    assert.equal((await simulator.status()).state, 'cancelled')
    assert.equal((await simulator.post('/failure', '{"kind":"clog","layer":3}')).status, 409)
    simulator.pass(10)
    assert.equal((await simulator.status()).state, 'idle')
    assert.equal((await simulator.post('/printer/start')).status, 200)
    assert.notEqual((await simulator.status()).job.id, id)
  })

  test('the file is the G-code that is printed', async () => {
    const reply = await fetch(`${simulator.url}/printer/file`)
    const text = await reply.text()
    assert.match(text, /^;LAYER_CHANGE$/m)
    assert.equal(text.length, (await simulator.status()).fileBytes)
  })

  test('snapshots are pictures, also when many ask at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => fetch(`${simulator.url}/camera/snapshot.jpg`)),
    )
    for (const reply of replies) {
      assert.equal(reply.headers.get('content-type'), 'image/jpeg')
      const { width, height } = await sharp(await reply.arrayBuffer()).metadata()
      assert.deepEqual([width, height], [160, 120])
    }
  })

  test('the stream sends picture after picture, each with its length', async () => {
    const gone = new AbortController()
    const reply = await fetch(`${simulator.url}/camera/stream.mjpeg`, { signal: gone.signal })
    assert.match(reply.headers.get('content-type') ?? '', /^multipart\/x-mixed-replace; boundary=/)
    let text = ''
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.split('content-type: image/jpeg').length > 3) break
    }
    gone.abort()
    const [, part = ''] = text.split('--layerwatch-frame\r\n')
    const [head = '', body = ''] = part.split('\r\n\r\n')
    assert.equal(
      Number(/content-length: (\d+)/.exec(head)?.[1]),
      Buffer.byteLength(body.slice(0, -2), 'latin1'),
    )
  })

  test('what makes no sense is refused with a reason, and nothing breaks', async () => {
    const bodies = [
      '',
      'null',
      '{',
      '[]',
      '{"kind":"fire","layer":3}',
      '{"kind":"clog","layer":0}',
      '{"kind":"clog"}',
    ]
    for (const body of bodies) {
      const reply = await simulator.post('/failure', body)
      assert.equal(reply.status, 400, body)
      assert.ok(Refusal.parse(await reply.json()).reason)
    }
    assert.equal((await simulator.post('/failure', 'x'.repeat(100_000))).status, 413)
    assert.equal((await fetch(`${simulator.url}/nowhere`)).status, 404)
    assert.equal((await fetch(`${simulator.url}/constructor`)).status, 404)
    assert.equal((await fetch(`${simulator.url}/printer/pause`)).status, 405)
    assert.equal((await simulator.post('/printer')).status, 405)
    assert.equal((await fetch(`${simulator.url}/printer`)).status, 200)
  })
})

test('nothing that is answered tells of a failure, neither before nor while it happens', {
  timeout: 60_000,
}, async () => {
  const [good, failing] = await Promise.all([startSimulator(), startSimulator({ hasFailure: true })])
  try {
    assert.equal((await failing.post('/failure', '{"kind":"clog","layer":9}')).status, 204)
    for (let i = 0; i < 5; i++) {
      good.pass(2)
      failing.pass(2)
      assert.deepEqual(await failing.status(), await good.status())
    }
    const headersOf = async ({ url }: Simulator) => {
      const { headers } = await fetch(`${url}/camera/snapshot.jpg`)
      return [...headers.keys()].sort()
    }
    assert.deepEqual(await headersOf(failing), await headersOf(good))
  } finally {
    await Promise.all([good.close(), failing.close()])
  }
})

test('where prints repeat, another begins a while after the last has ended', {
  timeout: 60_000,
}, async () => {
  const simulator = await startSimulator({ isRepeating: true })
  try {
    const { id } = (await simulator.status()).job
    await simulator.post('/printer/cancel')
    simulator.pass(2)
    assert.equal((await simulator.status()).job.id, id)
    simulator.pass(15)
    await simulator.status()
    const next = await simulator.status()
    assert.equal(next.state, 'printing')
    assert.notEqual(next.job.id, id)
  } finally {
    await simulator.close()
  }
})

test('where it is to wait, the first print begins when it is started and is the one asked for', {
  timeout: 60_000,
}, async () => {
  const simulator = await startSimulator({ isRepeating: true, isIdleFirst: true })
  try {
    simulator.pass(60)
    await simulator.status()
    const waiting = await simulator.status()
    assert.deepEqual([waiting.state, waiting.printSeconds, waiting.job.id], ['idle', 0, ''])
    await simulator.post('/printer/start')
    simulator.pass(2)
    const started = await simulator.status()
    assert.deepEqual([started.state, started.printSeconds, started.job.name], ['printing', 20, 'vase.gcode'])
  } finally {
    await simulator.close()
  }
})
