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
