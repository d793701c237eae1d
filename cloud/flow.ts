import type { Logger } from 'pino'
import type { Broker } from './broker.ts'
import type { Change } from './changes.ts'
import { type CommandContext, renewLease, settleCommands } from './commands.ts'
import type { CloudConfig } from './config.ts'
import type { Db } from './db/client.ts'
import { isPictureOfIncident } from './db/snapshots.ts'
import { ingestEvent, ingestStatus } from './ingest.ts'
import type { Keys } from './keys.ts'
import { LiveHub } from './live.ts'
import { LiveFrames } from './live-frames.ts'
import { makeMarkTeller } from './marks.ts'
import { connectUplink, type Uplink } from './mqtt.ts'
import { signAct } from './notify/act-tokens.ts'
import type { ActContext } from './notify/acts.ts'
import { InFlight } from './notify/in-flight.ts'
import { type Later, startLater } from './notify/later.ts'
import { openNotifiers } from './notify/open.ts'
import { type SendContext, sendDue } from './notify/send.ts'
import { tellSilences } from './notify/silence.ts'
import type { TelegramDesk } from './notify/telegram/answers.ts'
import { makeTelegramApi, type TelegramApi } from './notify/telegram/api.ts'
import { TelegramPoll } from './notify/telegram/poll.ts'
import { TryLimit } from './pairing/try-limit.ts'
import { readPicture, storePicture } from './pictures.ts'
import { Presence } from './presence.ts'
import { Repeater } from './repeater.ts'

/** All that moves between devices, database and people. Route files take the parts they need. */
export interface Flow {
  presence: Presence
  hub: LiveHub
  frames: LiveFrames
  /** What commands are issued with. */
  desk: CommandContext
  /** Settles commands nobody answered; wake it when one was issued. */
  settler: Repeater
  /** What a notification's reader may do without signing in. */
  acts: ActContext
  /** Gives the name of the Telegram bot once it is known; absent where there is no bot. */
  telegramBot: (() => string | undefined) | undefined
  /** Tells devices what people said of prints; wake it when somebody did. */
  teller: Repeater
  /** Tells what has a time of its own; wake it when somebody changed how they want to be told. */
  later: Later
  /** What notifications are sent with. */
  sending: SendContext
  uplink: Uplink
  /** Ends everything in reverse order; what was not finished goes on at the next start. */
  close(): Promise<void>
}

/** What the flow is made of. */
export interface FlowOptions {
  config: Pick<CloudConfig, 'dataDir' | 'smtp' | 'privatePushServices' | 'privateServices' | 'telegram'>
  /** Where people open the page, for links in messages. */
  baseUrl: string
  db: Db
  keys: Pick<Keys, 'commands' | 'vapid' | 'vault' | 'sessionSecret'>
  broker: Pick<Broker, 'connection'>
  log: Logger
}

/** Connects to the broker and starts everything that runs by itself. */
export function startFlow(options: FlowOptions): Flow {
  const { config, db, keys, broker, log } = options
  const now = () => new Date()
  const presence = new Presence()
  const hub = new LiveHub({ db, presence, log })
  const onChanges = (changes: readonly Change[]) => hub.announce(changes)
  const telegram = config.telegram && makeTelegramApi(config.telegram)
  const sending = makeSending(options, { now, telegram })
  const inFlight = new InFlight(() => sender.wake())
  const sender = new Repeater('send notifications', (signal) => sendDue(sending, inFlight, signal), log)
  const canSendEmail = config.smtp !== undefined
  const ingest = {
    db,
    log,
    presence,
    now,
    canSendEmail,
    onChanges,
    onNotifications: () => sender.wake(),
  }
  const pictures = { db, dataDir: config.dataDir, now, onChanges }
  const uplink = connectUplink({
    broker: broker.connection,
    log,
    ports: {
      event: (deviceId, json) => ingestEvent(ingest, { deviceId, json }),
      status: (deviceId, json, heardMs) => ingestStatus(ingest, { deviceId, json, heardMs }),
      snapshot: (deviceId, snapshotId, jpeg) => storePicture(pictures, { deviceId, snapshotId, jpeg }),
      live: (deviceId, frame) => frames.take(deviceId, frame),
    },
  })
  const desk = { db, log, presence, keys: keys.commands, publish: uplink.publish, now, onChanges }
  const frames = new LiveFrames((issuer, printer) => renewLease(desk, issuer, printer), log)
  const telling = { db, now, canSendEmail, onNotifications: () => sender.wake() }
  const silences = { ...telling, listeningSince: now() }
  const listener = new Repeater('tell of silences', () => tellSilences(silences), log)
  const settler = new Repeater('settle commands', () => settleCommands(desk), log)
  const onCommand = () => settler.wake()
  const onMark = () => teller.wake()
  const acts = { db, desk, secret: keys.sessionSecret, now, onChanges, onCommand, onMark }
  const chat = telegram && openChat({ db, api: telegram, acts, tries: new TryLimit(codeTries) }, log)
  const teller = new Repeater('tell marks', makeMarkTeller(desk), log)
  hub.start()
  sender.wake()
  settler.wake()
  teller.wake()
  listener.wake()
  const later = startLater(telling, log)
  chat?.repeater.wake()
  return {
    presence,
    hub,
    frames,
    desk,
    settler,
    acts,
    telegramBot: telegram && (() => chat?.poll.username),
    teller,
    later,
    sending,
    uplink,
    close: async () => {
      await Promise.all([frames.close(), hub.close()])
      await uplink.close()
      await Promise.all([
        chat?.repeater.close(),
        settler.close(),
        teller.close(),
        listener.close(),
        later.close(),
        sender.close(),
      ])
      await inFlight.settled()
    },
  }
}

/** Codes have 40 bits and hold ten minutes: nobody finds one with these tries a minute. */
const codeTries = { perAddress: 5, together: 100 }

/** Reads what people write to the Telegram bot. */
function openChat(desk: TelegramDesk, log: Logger): { poll: TelegramPoll; repeater: Repeater } {
  const poll = new TelegramPoll(desk, log)
  return { poll, repeater: new Repeater('read Telegram', (signal) => poll.round(signal), log) }
}

function makeSending(
  { config, baseUrl, db, keys, log }: FlowOptions,
  { now, telegram }: { now: () => Date; telegram: TelegramApi | undefined },
): SendContext {
  return {
    db,
    log,
    now,
    signAct: (offer) => signAct(offer, keys.sessionSecret),
    notifiers: openNotifiers({ config, baseUrl, db, keys, now, telegram }),
    readPicture: async ({ snapshotId, incidentId }) => {
      const isOwn = incidentId !== null && (await isPictureOfIncident(db, { snapshotId, incidentId }))
      return isOwn ? readPicture(config.dataDir, snapshotId) : undefined
    },
  }
}
