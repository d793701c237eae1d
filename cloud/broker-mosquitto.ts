import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeOver } from './broker/take-over.ts'
import type { Broker, BrokerOptions } from './broker.ts'
import type { MosquittoConfig } from './config.ts'
import { makeRevocationList } from './keys/certificates.ts'
import { brokerServerName } from './keys.ts'

/**
 * A Mosquitto that runs by itself, set up by `mosquitto-config`. A revoked device goes onto the list of
 * revoked certificates, Mosquitto is told to read it (SIGHUP, where its pid file is known), and the session
 * still open is ended by logging in as that device once.
 */
export function useMosquitto(options: BrokerOptions & { broker: MosquittoConfig }): Broker {
  const { broker: config, keys, log, revokedSerials } = options
  const connection = {
    url: config.url,
    serverName: brokerServerName,
    authority: keys.authority.certificate,
    certificate: keys.cloud.certificate,
    privateKey: keys.cloud.privateKey,
  }
  return {
    connection,
    urlForDevice: () => config.publicUrl ?? config.url,
    async disconnect(deviceId) {
      if (config.configDir) {
        const list = await makeRevocationList(keys.authority, await revokedSerials())
        writeWhole(join(config.configDir, 'revoked.crl'), list)
        if (!reload(config.pidFile)) log.warn('mosquitto must be reloaded to refuse the revoked device')
      } else {
        log.warn('broker.configDir is not set; mosquitto keeps accepting the revoked device')
      }
      await takeOver(deviceId, { connection, authority: keys.authority }).catch((err: unknown) => {
        log.warn({ err, deviceId }, 'session of a revoked device not ended')
      })
    },
    close: async () => {},
  }
}

/** Tells Mosquitto to read its files again; false where it can't be told. */
function reload(pidFile: string | undefined): boolean {
  if (!pidFile) return false
  try {
    return process.kill(Number(readFileSync(pidFile, 'utf8').trim()), 'SIGHUP')
  } catch {
    return false
  }
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}
