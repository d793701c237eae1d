import { createHash, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Command, signedText } from '@layerwatch/shared/commands.ts'
import { type DeviceEvent, type Envelope, parseEvent } from '@layerwatch/shared/events.ts'
import { decodeLive, type LiveHeader } from '@layerwatch/shared/live.ts'
import { type PairingReply, PairingRequest } from '@layerwatch/shared/pairing.ts'
import type { Receipt } from '@layerwatch/shared/receipts.ts'
import { DeviceStatus } from '@layerwatch/shared/status.ts'
import { deviceTopic, parseUpwardTopic, upwardFilters } from '@layerwatch/shared/topics.ts'
import { connectAsync, type MqttClient } from 'mqtt'
import pino from 'pino'
import { type Broker, openBroker } from '../../cloud/broker.ts'
import { parseConfig } from '../../cloud/config.ts'
import { signRequest } from '../../cloud/keys/certificates.ts'
import { type Keys, loadOrMakeKeys } from '../../cloud/keys.ts'
import { type Identity, toIdentity } from '../../device/uplink/identity.ts'
import { makeDeviceKey } from '../setup/device-key.ts'
import { findFreePort } from '../setup/ports.ts'

type Answer = Receipt['result'] | 'silence'

/** A cloud without a database: a real broker, receipts as told, commands signed as the cloud signs them. */
export class FakeCloud {
  readonly deviceId = randomUUID()
  readonly events: DeviceEvent[] = []
  readonly statuses: DeviceStatus[] = []
  readonly snapshots: { id: string; jpeg: Uint8Array }[] = []
  readonly lives: { header: LiveHeader; jpeg: Uint8Array }[] = []
  /** What an event or a snapshot is answered with. */
  answer: (id: string, envelope: Envelope | undefined) => Answer = () => 'stored'
  readonly #folder: string
  readonly #keys: Keys
  readonly #port: number
  #broker: Broker | undefined
  #client: MqttClient | undefined

  private constructor(folder: string, keys: Keys, port: number) {
    this.#folder = folder
    this.#keys = keys
    this.#port = port
  }

  static async make(): Promise<FakeCloud> {
    const folder = mkdtempSync(join(tmpdir(), 'layerwatch-fake-cloud-'))
    return new FakeCloud(folder, await loadOrMakeKeys(join(folder, 'keys')), await findFreePort())
  }

  /** Starts the broker, or starts it again after `stop`. */
  async start(): Promise<void> {
    const yaml = `{dataDir: ${this.#folder}, broker: {kind: embedded, port: ${this.#port}}}`
    this.#broker = await openBroker({
      config: parseConfig(yaml, { folder: this.#folder, env: {}, file: 'cloud.yaml' }),
      keys: this.#keys,
      log: pino({ level: 'silent' }),
      isAllowed: async () => true,
      revokedSerials: async () => [],
    })
    const { url, serverName, authority, certificate, privateKey } = this.#broker.connection
    const tls = { servername: serverName, ca: authority, cert: certificate, key: privateKey }
    this.#client = await connectAsync(url, { ...tls, clientId: 'cloud', protocolVersion: 4 })
    this.#client.on('message', (topic, payload) => this.#take(topic, payload))
    await this.#client.subscribeAsync([...upwardFilters], { qos: 1 })
  }

  async stop(): Promise<void> {
    await this.#client?.endAsync(true)
    await this.#broker?.close()
    this.#client = undefined
    this.#broker = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true })
  }

  /** What pairing answers for a request (PKCS #10, PEM). */
  async certify(request: string): Promise<PairingReply> {
    const signed = await signRequest(this.#keys.authority, request, this.deviceId)
    if (!signed) throw new Error('not a request')
    return {
      deviceId: this.deviceId,
      certificate: signed.certificate,
      authority: this.#keys.authority.certificate,
      broker: { url: `mqtts://127.0.0.1:${this.#port}`, serverName: 'broker.layerwatch.internal' },
      commandKeys: { [this.#keys.commands.keyId]: this.#keys.commands.publicKey },
      ownerName: 'Ada',
    }
  }

  /** A paired device's identity. */
  async identity(): Promise<Identity> {
    const { request, privateKeyPem } = await makeDeviceKey('device')
    return toIdentity(await this.certify(request), privateKeyPem)
  }

  /** Serves `POST /api/pairing` for one code; the address to give to the device. */
  async servePairing(code: string, onClose: (close: () => void) => void): Promise<string> {
    const server = createServer(async (request, response) => {
      const asked = PairingRequest.parse(JSON.parse(await text(request)))
      const isRight = asked.code === code
      const reply = isRight
        ? await this.certify(asked.certificateRequest)
        : { code: 'no', message: 'wrong code' }
      response.writeHead(isRight ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onClose(() => server.close())
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }

  /** Publishes a command, signed unless told otherwise. */
  async send(
    command: Command,
    how: { privateKey?: Keys['commands']['privateKey']; signature?: string; isRetained?: boolean } = {},
  ): Promise<void> {
    const { keyId, privateKey } = this.#keys.commands
    const bytes = Buffer.from(signedText(command))
    const signature = how.signature ?? sign(null, bytes, how.privateKey ?? privateKey).toString('base64')
    await this.publish('commands', { command, keyId, signature }, how.isRetained)
  }

  async publish(channel: 'commands' | 'receipts', message: unknown, isRetained = false): Promise<void> {
    const topic = deviceTopic(this.deviceId, channel)
    await this.#client?.publishAsync(topic, JSON.stringify(message), { qos: 1, retain: isRetained })
  }

  #take(topic: string, payload: Buffer): void {
    const parsed = parseUpwardTopic(topic)
    if (parsed?.channel === 'status') {
      this.statuses.push(DeviceStatus.parse(JSON.parse(payload.toString())))
    } else if (parsed?.channel === 'events') {
      const event = parseEvent(JSON.parse(payload.toString()))
      if (event.kind !== 'known') throw new Error(`event ${event.kind}: ${payload}`)
      this.events.push(event.event)
      this.#acknowledge(event.event.id, payload, event.event)
    } else if (parsed?.channel === 'snapshots') {
      this.snapshots.push({ id: parsed.snapshotId, jpeg: payload })
      this.#acknowledge(parsed.snapshotId, payload, undefined)
    } else if (parsed?.channel === 'live') {
      const live = decodeLive(payload)
      if (live) this.lives.push(live)
    }
  }

  #acknowledge(id: string, payload: Buffer, envelope: Envelope | undefined): void {
    const result = this.answer(id, envelope)
    if (result === 'silence') return
    const digest = createHash('sha256').update(payload).digest('hex')
    void this.publish('receipts', { id, digest, result, ...(result === 'rejected' ? { reason: 'no' } : {}) })
  }
}
