import type { PairingView } from '@layerwatch/shared/api.ts'
import type { Logger } from 'pino'
import type { Auth } from '../auth.ts'
import type { Broker } from '../broker.ts'
import type { CloudConfig } from '../config.ts'
import type { Db } from '../db/client.ts'
import type { Flow } from '../flow.ts'
import type { Keys } from '../keys.ts'

/**
 * What the routes work with, put together in `main.ts`. Route files take the part they need:
 * `addDeviceRoutes(app, context: Pick<Context, 'db' | 'broker'>)`.
 */
export interface Context extends Pick<Flow, FlowPart> {
  config: CloudConfig
  /** Address people open, such as `https://printers.example.org`; no trailing slash. */
  baseUrl: string
  log: Logger
  db: Db
  keys: Keys
  auth: Auth
  broker: Broker
  /** Tells the open pages of a person how one of their pairings stands. */
  tellPairing(personId: string, pairing: PairingView): void
}

type FlowPart =
  | 'presence'
  | 'hub'
  | 'frames'
  | 'desk'
  | 'settler'
  | 'teller'
  | 'acts'
  | 'telegramBot'
  | 'later'
  | 'sending'
  | 'uplink'
