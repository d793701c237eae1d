import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { describe, test } from 'node:test'
import { createEventParser, readStream, type ServerEvent } from '../../../cloud/web/sse.ts'

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */

async function withServer(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  try {
    await use(`http://127.0.0.1:${port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function listen() {
  const events: ServerEvent[] = []
  const heard = { times: 0, opened: 0 }
  const handlers = {
    opened: () => {
      heard.opened += 1
    },
    heard: () => {
      heard.times += 1
    },
    event: (event: ServerEvent) => void events.push(event),
  }
  return { events, heard, handlers }
}

describe('the stream of changes', () => {
  test('events are cut where they end, however the network cut them', () => {
    const parse = createEventParser()
    assert.deepEqual(parse('event: change\nda'), [])
    assert.deepEqual(parse('ta: {"a":1}\n'), [])
    assert.deepEqual(parse('\nevent: frame\ndata: x\ndata: y\n\n'), [
      { name: 'change', data: '{"a":1}' },
      { name: 'frame', data: 'x\ny' },
    ])
  })

  test('comments and fields it does not know are no events', () => {
    assert.deepEqual(createEventParser()(': still here\n\nretry: 2000\n\nid: 4\ndata: z\n\n'), [
      { name: 'message', data: 'z' },
    ])
  })

  test('a comment is heard, an end is told as lost', async () => {
    await withServer(
      (_, response) => response.writeHead(200).end(': here\n\nevent: change\ndata: {}\n\n'),
      async (url) => {
        const { events, heard, handlers } = listen()
        const end = await readStream(url, handlers, { signal: AbortSignal.timeout(5000), silenceMs: 5000 })
        assert.equal(end, 'lost')
        assert.equal(heard.opened, 1)
        assert.ok(heard.times >= 1)
        assert.deepEqual(events, [{ name: 'change', data: '{}' }])
      },
    )
  })

  test('a connection that says nothing is lost', async () => {
    await withServer(
      (_, response) => void response.writeHead(200).flushHeaders(),
      async (url) => {
        const signal = AbortSignal.timeout(5000)
        assert.equal(await readStream(url, listen().handlers, { signal, silenceMs: 60 }), 'lost')
        assert.equal(signal.aborted, false)
      },
    )
  })

  test('a signed-out session is told from a refusal and from a failing server', async () => {
    const ends: string[] = []
    for (const status of [401, 404, 503]) {
      await withServer(
        (_, response) => response.writeHead(status).end(),
        async (url) => {
          const options = { signal: AbortSignal.timeout(5000), silenceMs: 5000 }
          ends.push(await readStream(url, listen().handlers, options))
        },
      )
    }
    assert.deepEqual(ends, ['unauthorised', 'refused', 'lost'])
  })
})
