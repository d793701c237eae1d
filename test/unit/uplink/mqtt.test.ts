import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { systemClock } from '../../../device/clock.ts'
import { holdConnection } from '../../../device/uplink/mqtt.ts'
import { waitUntil } from '../../setup/wait.ts'

/** A broker that welcomes everybody (CONNACK of MQTT 3.1.1, section 3.2) and then says no word more. */
async function startMuteBroker(t: TestContext) {
  let welcomed = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      welcomed += 1
      socket.write(Uint8Array.of(0x20, 2, 0, 0))
      socket.resume()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { port, welcomed: () => welcomed }
}

function hold(t: TestContext, port: number, patienceMs: number) {
  const end = new AbortController()
  let isUp = false
  const held = holdConnection(
    {
      openSocket: async () => {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        return socket
      },
      clientId: 'device',
      subscribeTo: ['commands'],
      will: () => ({ topic: 'status', payload: '{}' }),
      onMessage: () => {},
      onUp: () => {
        isUp = true
      },
      onDown: () => {},
      clock: systemClock,
      log: pino({ level: 'silent' }),
      patienceMs,
    },
    end.signal,
  )
  t.after(() => end.abort())
  return { end, held, isUp: () => isUp }
}

test('a broker that gives no word on the topics asked for is left, and tried again', async (t) => {
  const broker = await startMuteBroker(t)
  const { end, held, isUp } = hold(t, broker.port, 200)
  await waitUntil('another try', () => broker.welcomed() >= 2, { timeoutMs: 10_000 })
  assert.equal(isUp(), false)
  end.abort()
  await held
})

test('stopped while it waits for the broker, the connection ends at once', async (t) => {
  const broker = await startMuteBroker(t)
  const { end, held } = hold(t, broker.port, 60_000)
  await waitUntil('the welcome', () => broker.welcomed() === 1)
  end.abort()
  const isOver = held.then(() => true)
  const limit = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 5_000).unref())
  assert.equal(await Promise.race([isOver, limit]), true)
})
