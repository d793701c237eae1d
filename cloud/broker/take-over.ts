import { connect } from 'node:tls'
import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { BrokerConnection } from '../broker.ts'
import { type Authority, issuePair, splitPair } from '../keys/certificates.ts'

/**
 * Logs in to a broker under a device's name, with a certificate made for this moment, and out again. The
 * broker ends the device's own session, for MQTT allows one a name (3.1.1, section 3.1.4).
 */
export async function takeOver(
  deviceId: string,
  { connection, authority }: { connection: BrokerConnection; authority: Authority },
): Promise<void> {
  const pair = splitPair(await issuePair(authority, deviceId, 'client'))
  const { hostname, port } = new URL(connection.url)
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 8883),
    servername: connection.serverName,
    ca: connection.authority,
    cert: pair.certificate,
    key: pair.privateKey,
    timeout: 5_000,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (cause) => reject(new UnavailableError('broker not reached', { cause })))
      socket.on('timeout', () => reject(new UnavailableError('broker does not answer')))
      socket.on('close', () => reject(new UnavailableError('broker hung up')))
      socket.on('secureConnect', () => socket.write(connectPacket(deviceId)))
      // CONNACK: type, length 2, flags, return code.
      socket.on('data', (data) => {
        if (data[0] === 0x20 && data[3] === 0) resolve()
        else reject(new ProtocolError('broker refused the login'))
      })
    })
  } finally {
    // DISCONNECT.
    socket.end(Buffer.from([0xe0, 0]))
    socket.setTimeout(1_000, () => socket.destroy())
  }
}

/** CONNECT of MQTT 3.1.1 with a clean session, 10 s keep-alive and this client id. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId)
  const body = [0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 10, 0, id.length, ...id]
  return Buffer.from([0x10, body.length, ...body])
}
