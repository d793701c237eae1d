import type { Logger } from 'pino'
import type { CloudConfig } from './config.ts'
import type { Keys } from './keys.ts'

/** How the cloud itself logs in to the broker: by certificate, as the identity `cloud`. */
export interface BrokerConnection {
  /** `mqtts://HOST:PORT`. */
  url: string
  /** The name in the broker's certificate, checked whatever the address. */
  serverName: string
  /** PEM. */
  authority: string
  certificate: string
  privateKey: string
}

/** The broker devices and cloud meet at: embedded (aedes) or Mosquitto. */
export interface Broker {
  readonly connection: BrokerConnection
  /** The address a device is told which reached the cloud at `host` (a name or an address, without port). */
  urlForDevice(host: string): string
  /** Ends a revoked device's session; its certificate is refused from now on. */
  disconnect(deviceId: string): Promise<void>
  close(): Promise<void>
}

export interface BrokerOptions {
  config: Pick<CloudConfig, 'broker' | 'host' | 'dataDir'>
  keys: Keys
  log: Logger
  /** Whether a device's certificate is still good; asked at each login of the embedded broker. */
  isAllowed(deviceId: string): Promise<boolean>
  /** Serial numbers (hex) of every certificate taken back, for a broker that keeps a list. */
  revokedSerials(): Promise<string[]>
}

/** Opens the broker the configuration names. */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const { broker } = options.config
  switch (broker.kind) {
    case 'embedded': {
      const { startEmbeddedBroker } = await import('./broker-embedded.ts')
      return await startEmbeddedBroker({ ...options, broker })
    }
    case 'mosquitto': {
      const { useMosquitto } = await import('./broker-mosquitto.ts')
      return useMosquitto({ ...options, broker })
    }
  }
}
