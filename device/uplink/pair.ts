// The certificate library needs this before anything else of it is loaded.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { ConfigError, ProtocolError, RejectedError } from '@layerwatch/shared/errors.ts'
import { PairingReply, PairingRequest } from '@layerwatch/shared/pairing.ts'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { z } from 'zod'
import { fetchReply } from '../net/http.ts'
import { identityFiles } from './identity.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const timeoutMs = 30_000
const maxReplyBytes = 256 * 1024

interface Pairing {
  /** As the page shows it; dashes and case do not matter. */
  code: string
  /** Address of the cloud, such as `https://layerwatch.example`. */
  cloudUrl: URL
  deviceName: string
  dataDir: string
}

/**
 * Pairs this device with its owner's cloud: makes a key pair here, has it certified, and stores what came back.
 * @throws RejectedError where the code is wrong or used; UnavailableError where the cloud does not answer;
 * ProtocolError where what answers is no Layerwatch cloud; ConfigError where nothing can be stored here.
 */
export async function pairDevice(pairing: Pairing, signal: AbortSignal): Promise<PairingReply> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=layerwatch-device', keys, signingAlgorithm: algorithm },
    webcrypto,
  )
  const wanted = PairingRequest.safeParse({
    code: pairing.code,
    deviceName: pairing.deviceName,
    certificateRequest: request.toString('pem'),
  })
  if (!wanted.success) {
    throw new RejectedError(`the code is not one: ${wanted.error.issues[0]?.message ?? 'invalid'}`)
  }
  // A code holds once: what would keep its answer from being stored comes to light before it is used.
  await makeFolder(identityFiles(pairing.dataDir).folder)
  const reply = await ask(pairing.cloudUrl, wanted.data, signal)
  await store(pairing.dataDir, reply, await exportKey(keys.privateKey))
  return reply
}

async function ask(cloudUrl: URL, request: PairingRequest, signal: AbortSignal): Promise<PairingReply> {
  const reply = await fetchReply({
    method: 'POST',
    url: new URL('/api/pairing', cloudUrl),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
    timeoutMs,
    maxBytes: maxReplyBytes,
  })
  const body = parseJson(Buffer.from(reply.bytes).toString('utf8'))
  if (reply.status >= 400 && reply.status < 500) {
    const said = z.looseObject({ message: z.string() }).safeParse(body).data?.message
    throw new RejectedError(said ?? `the cloud refused with ${reply.status}`)
  }
  const parsed = PairingReply.safeParse(body)
  if (reply.status >= 300 || !parsed.success) {
    throw new ProtocolError(`what answers at ${cloudUrl.origin} is no Layerwatch cloud (${reply.status})`)
  }
  return parsed.data
}

async function store(dataDir: string, reply: PairingReply, privateKey: string): Promise<void> {
  const files = identityFiles(dataDir)
  await writeBeside(files.key, privateKey)
  await writeBeside(files.reply, `${JSON.stringify(reply, null, 2)}\n`)
  // An earlier pairing goes first: its certificate is none of this key.
  await rm(files.reply, { force: true })
  await rename(beside(files.key), files.key)
  await rename(beside(files.reply), files.reply)
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const problems = [`dataDir: nothing can be stored in ${folder}`]
    throw new ConfigError('pairing is not possible', { cause, problems })
  }
}

/** Whole or not at all: a device that loses power here is either paired or not. */
async function writeBeside(file: string, content: string): Promise<void> {
  await writeFile(beside(file), content, { mode: 0o600, flush: true })
}

function beside(file: string): string {
  return `${file}.new`
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
