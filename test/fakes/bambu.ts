import { X509Certificate } from 'node:crypto'
import { createServer, type TLSSocket } from 'node:tls'
import { Aedes } from 'aedes'
import { z } from 'zod'
import { issuePair, makeAuthority, readAuthority, splitPair } from '../../cloud/keys/certificates.ts'
import { waitUntil } from '../setup/wait.ts'
import { listenOnLoopback } from './loopback-server.ts'

/**
 * The broker inside a Bambu Lab printer in LAN mode, as much of it as the agent uses, with a printer behind it that
 * prints nothing. After https://github.com/Doridian/OpenBambuAPI/blob/main/mqtt.md and its sample messages, read in
 * November 2026; no real printer was at hand.
 */
export interface FakeBambu {
  host: string
  port: number
  serial: string
  accessCode: string
  /** SHA-256 of its certificate. */
  fingerprint: string
  behaves: BambuBehaviour
  /** Its state, as its reports have it; change it with `report`. */
  state: Record<string, unknown>
  /** Every request as `heading.command`, oldest first. */
  asked: string[]
  /** The last request, whole. */
  lastRequest(): unknown
  /** Changes its state and tells so: all of it (X1), or what changed (P1, A1). */
  report(change: Record<string, unknown>): void
  /** Sends bytes as they are on the topic of its reports. */
  send(payload: string): void
  /** Starts a print of a hundred layers that stands still but for its progress. */
  start(name: string): void
  /** How many showed a name and a password so far, right or wrong. */
  logins(): number
  /** Announces a message of 255 MB to all who listen, and begins it. */
  sendWithoutEnd(): void
  /** Ends every connection; clients come again. */
  hangUp(): void
  /** Resolves when whoever is connected has heard all that was reported. */
  isHeard(): Promise<void>
  /** Clients that are connected now. */
  clients(): number
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export interface BambuBehaviour {
  /** X1 tells all of its state each time and has `fun`; P1 and A1 tell what changed and have none. */
  series: 'X1' | 'P1'
  /** Off: what moves the printer must be signed, as firmware of 2025 and later wants it. */
  isDeveloperMode: boolean
  /** `none`: requests are taken and never answered; `no-action`: answered well, and nothing is done. */
  answers: 'usual' | 'none' | 'no-action'
  /** What whoever connects hears in place of MQTT, if anything. */
  greeting?: string | undefined
}

const Request = z.record(
  z.string(),
  z.looseObject({ sequence_id: z.string(), command: z.string(), param: z.string().optional() }),
)

const idleState = {
  gcode_state: 'IDLE',
  layer_num: 0,
  total_layer_num: 0,
  mc_percent: 0,
  mc_remaining_time: 0,
  gcode_file: '',
  subtask_name: '',
  task_id: '0',
  subtask_id: '0',
  gcode_start_time: '0',
  nozzle_temper: 24.5,
  nozzle_target_temper: 0,
  bed_temper: 23.25,
  bed_target_temper: 0,
  print_error: 0,
  lights_report: [{ node: 'chamber_light', mode: 'off' }],
  wifi_signal: '-45dBm',
}

const unsignedReply = { result: 'failed', reason: 'mqtt message verify failed', err_code: 84_033_543 }

/** `fun` of an X1 Carbon with developer mode on; bit 29 is what developer mode takes away. */
const funWithDeveloperMode = 0x3ec1_8fff_9cffn
const signatureBit = 1n << 29n

export async function makeCertificate(
  name: string,
): Promise<{ cert: string; key: string; fingerprint: string }> {
  const authority = await readAuthority(await makeAuthority())
  const { certificate: cert, privateKey: key } = splitPair(await issuePair(authority, name, 'server'))
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 }
}

export async function startFakeBambu(behaviour: Partial<BambuBehaviour> = {}): Promise<FakeBambu> {
  const behaves: BambuBehaviour = { series: 'X1', isDeveloperMode: true, answers: 'usual', ...behaviour }
  const [serial, accessCode] = ['00M09A000000001', '12345678']
  const { cert, key, fingerprint } = await makeCertificate(serial)
  const state: Record<string, unknown> = { ...idleState }
  const asked: string[] = []
  let last: unknown
  let runs = 0
  let logins = 0
  const reportTopic = `device/${serial}/report`

  const aedes = new Aedes({
    authenticate(_client, username, password, done) {
      logins += 1
      done(null, username === 'bblp' && String(password) === accessCode)
    },
  })
  await aedes.listen()
  let unheard = 0
  aedes.on('ack', () => {
    unheard -= 1
  })
  const publish = (payload: string) => {
    unheard += aedes.connectedClients
    aedes.publish(
      { cmd: 'publish', topic: reportTopic, payload, qos: 1, dup: false, retain: false },
      () => undefined,
    )
  }
  const fun = () => {
    if (behaves.series === 'P1') return {}
    const bits = behaves.isDeveloperMode ? funWithDeveloperMode : funWithDeveloperMode | signatureBit
    return { fun: bits.toString(16).toUpperCase() }
  }
  const tellAll = () =>
    publish(JSON.stringify({ print: { ...state, ...fun(), command: 'push_status', msg: 0 } }))
  const report = (change: Record<string, unknown>) => {
    Object.assign(state, change)
    if (behaves.series === 'X1') tellAll()
    else publish(JSON.stringify({ print: { ...change, command: 'push_status', msg: 1 } }))
  }
  const answer = (heading: string, request: object, more: object) =>
    publish(JSON.stringify({ [heading]: { ...request, ...more } }))

  aedes.on('publish', (packet, client) => {
    if (client === null || packet.topic !== `device/${serial}/request`) return
    last = JSON.parse(String(packet.payload))
    for (const [heading, request] of Object.entries(Request.parse(last))) {
      asked.push(`${heading}.${request.command}`)
      if (behaves.answers !== 'none') obey(heading, request)
    }
  })

  function obey(heading: string, request: z.infer<typeof Request>[string]): void {
    const { command } = request
    // Dropped unheard without `param`, as by the real one.
    const isDropped = ['pause', 'resume', 'stop'].includes(command) && request.param === undefined
    const isUnsigned = heading === 'print' && !behaves.isDeveloperMode
    if (command === 'pushall') tellAll()
    else if (command === 'get_version') answer('info', request, { module: modules() })
    else if (isUnsigned) answer(heading, request, unsignedReply)
    else if (!isDropped) answer(heading, request, { result: 'SUCCESS', reason: '' })
    if (isDropped || isUnsigned) return
    if (behaves.answers === 'usual') move(command, request)
  }

  function move(command: string, request: Record<string, unknown>): void {
    const isRunning = state.gcode_state === 'RUNNING' || state.gcode_state === 'PREPARE'
    const isHeld = state.gcode_state === 'PAUSE'
    if (command === 'pause' && isRunning) report({ gcode_state: 'PAUSE' })
    if (command === 'resume' && isHeld) report({ gcode_state: 'RUNNING' })
    if (command === 'stop' && (isRunning || isHeld)) {
      report({
        gcode_state: 'FAILED',
        print_error: 0x0300_400c,
        nozzle_target_temper: 0,
        bed_target_temper: 0,
      })
    }
    if (command === 'ledctrl') report({ lights_report: [{ node: request.led_node, mode: request.led_mode }] })
  }

  const modules = () => [
    {
      name: 'ota',
      sw_ver: '01.09.00.00',
      sn: serial,
      ...(behaves.series === 'X1' && { product_name: 'X1 Carbon' }),
    },
    { name: 'mc', sw_ver: '00.00.10.48/00.00.10.48', sn: 'x' },
  ]

  const sockets = new Set<TLSSocket>()
  const server = createServer({ cert, key }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (behaves.greeting === undefined) aedes.handle(socket)
    else socket.resume().write(behaves.greeting)
  })
  server.on('tlsClientError', () => undefined)
  const { port, goAway, comeBack } = await listenOnLoopback(server)
  return {
    host: '127.0.0.1',
    port,
    serial,
    accessCode,
    fingerprint,
    behaves,
    state,
    asked,
    lastRequest: () => last,
    report,
    send: publish,
    start: (name) => {
      runs += 1
      report({
        gcode_state: 'PREPARE',
        subtask_name: name,
        gcode_file: name,
        task_id: String(runs),
        print_error: 0,
      })
      report({
        gcode_state: 'RUNNING',
        layer_num: 12,
        total_layer_num: 100,
        mc_percent: 11,
        mc_remaining_time: 42,
        nozzle_temper: 219.5,
        nozzle_target_temper: 220,
        bed_temper: 60,
        bed_target_temper: 60,
      })
    },
    sendWithoutEnd: () => {
      for (const socket of sockets) {
        // A PUBLISH, its length in four bytes, and as much of it as is taken.
        socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))
        const more = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(256 * 1024)));
        }
        socket.on('drain', more)
        more()
      }
    },
    hangUp: () => {
      for (const socket of sockets) socket.destroy()
    },
    isHeard: async () => {
      await waitUntil('reports are heard', () => unheard <= 0)
    },
    logins: () => logins,
    clients: () => aedes.connectedClients,
    goAway,
    comeBack,
    close: async () => {
      await goAway()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}
