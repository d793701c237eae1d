import 'reflect-metadata'
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 60 * 60 * 1000

/** How long certificates hold. Their start lies a day back, for clocks that are a little behind. */
const years = { authority: 30, broker: 5, device: 5 } as const

/** A private key and its certificate, PEM. */
export interface KeyAndCertificate {
  certificate: string
  privateKey: string
}

/** What signs certificates. */
export interface Authority extends KeyAndCertificate {
  x509: x509.X509Certificate
  signingKey: webcrypto.CryptoKey
}

export type CertificateUse = 'server' | 'client'

/** Makes an authority: EC P-256, signed by itself. PEM of key and certificate. */
export async function makeAuthority(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // Named by chance: an authority made anew is told from the old one.
    name: `CN=Layerwatch authority ${randomBytes(4).toString('hex')}`,
    ...validity(years.authority),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
    ],
  })
  return (await pemOf(keys.privateKey)) + pemLine(certificate.toString('pem'))
}

/** Reads what `makeAuthority` made. */
export async function readAuthority(pem: string): Promise<Authority> {
  const pair = splitPair(pem)
  const pkcs8 = createPrivateKey(pair.privateKey).export({ type: 'pkcs8', format: 'der' })
  return {
    ...pair,
    x509: new x509.X509Certificate(pair.certificate),
    signingKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
  }
}

/** Makes a key pair and a certificate for a server or a client of this name; PEM of both. */
export async function issuePair(authority: Authority, name: string, use: CertificateUse): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { certificate } = await sign(authority, { name, use, publicKey: keys.publicKey, years: years.broker })
  return (await pemOf(keys.privateKey)) + pemLine(certificate)
}

export interface SignedCertificate {
  /** PEM. */
  certificate: string
  /** Hex. */
  serial: string
  endsAt: Date
}

/**
 * Signs a device's request (PKCS #10, PEM) with the name given; its own subject and extensions are ignored.
 * Undefined where it is not one for an EC P-256 key that its sender holds.
 */
export async function signRequest(
  authority: Authority,
  requestPem: string,
  name: string,
): Promise<SignedCertificate | undefined> {
  const request = readRequest(requestPem)
  if (!request || !(await request.verify(webcrypto).catch(() => false))) return undefined
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' })
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined
  const publicKey = await request.publicKey.export(webcrypto)
  return await sign(authority, { name, use: 'client', publicKey, years: years.device })
}

/** The list of certificates taken back (CRL), PEM, for a broker that keeps one. */
export async function makeRevocationList(authority: Authority, serials: readonly string[]): Promise<string> {
  const now = Date.now()
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: authority.x509.subject,
      thisUpdate: new Date(now - dayMs),
      nextUpdate: new Date(now + years.authority * 365 * dayMs),
      signingAlgorithm: algorithm,
      signingKey: authority.signingKey,
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(now) })),
    },
    webcrypto,
  )
  return pemLine(x509.PemConverter.encode(list.rawData, 'X509 CRL'))
}

/** Parts a file of key and certificate; throws where one is missing or they don't belong together. */
export function splitPair(pem: string): KeyAndCertificate {
  const privateKey = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(pem)?.[0]
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/.exec(pem)?.[0]
  if (!privateKey || !certificate) throw new Error('key or certificate missing')
  return { privateKey, certificate }
}

function readRequest(pem: string): x509.Pkcs10CertificateRequest | undefined {
  try {
    return new x509.Pkcs10CertificateRequest(pem)
  } catch {
    return undefined
  }
}

async function sign(
  authority: Authority,
  asked: { name: string; use: CertificateUse; publicKey: webcrypto.CryptoKey; years: number },
): Promise<SignedCertificate> {
  const { name, use, publicKey } = asked
  const usage = use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  const serial = newSerial()
  const dates = validity(asked.years)
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial,
      subject: `CN=${name}`,
      issuer: authority.x509.subject,
      ...dates,
      signingAlgorithm: algorithm,
      signingKey: authority.signingKey,
      publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(use === 'server'
          ? [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])]
          : []),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(authority.x509.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )
  return { certificate: pemLine(certificate.toString('pem')), serial, endsAt: dates.notAfter }
}

function validity(forYears: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + forYears * 365 * dayMs) }
}

/** 16 random bytes, the first bit clear so that it is positive, the second set so that no zero leads. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key)
  return pemLine(x509.PemConverter.encode(der, 'PRIVATE KEY'))
}

function pemLine(pem: string): string {
  return `${pem.trim()}\n`
}
