import { maxBytes, parseUpwardTopic, upwardFilters } from '@layerwatch/shared/topics.ts'
import { cloudIdentity } from './keys.ts'

/*
 * Who may say and hear what at the broker. An identity is the common name of a certificate our authority
 * signed: a device's id, or `cloud`. The embedded broker asks the functions, Mosquitto reads `accessList()`;
 * one contract suite runs against both.
 */

const root = 'v1/devices'
const upward = ['status', 'events', 'live', 'snapshots/+'] as const
const downward = ['receipts', 'commands'] as const

/** Whether this identity may publish on this topic. */
export function mayPublish(identity: string, topic: string): boolean {
  if (identity === cloudIdentity) return isDownward(topic)
  return parseUpwardTopic(topic)?.deviceId === identity
}

/** Whether this identity may subscribe to this filter, taken literally: no wider filter is cut down. */
export function maySubscribe(identity: string, filter: string): boolean {
  if (identity === cloudIdentity) return upwardFilters.some((known) => known === filter)
  return downward.some((channel) => filter === `${root}/${identity}/${channel}`)
}

/** Largest payload accepted on a topic, in bytes. */
export function maxPayload(topic: string): number {
  const channel = parseUpwardTopic(topic)?.channel
  if (channel === 'snapshots') return maxBytes.snapshot
  if (channel === 'live') return maxBytes.live
  return channel === 'status' ? maxBytes.status : maxBytes.event
}

/** Largest MQTT packet any of them makes: the largest payload with its topic. */
export const maxPacketBytes = maxBytes.snapshot + 1024

function isDownward(topic: string): boolean {
  const [version, noun, deviceId, channel, ...rest] = topic.split('/')
  if (`${version}/${noun}` !== root || !deviceId || rest.length > 0) return false
  return downward.some((known) => known === channel)
}

/** The same rights in Mosquitto's words. */
export function accessList(): string {
  return [
    '# Written by `npm run cloud -- mosquitto-config`; the rights of cloud/broker-rights.ts.',
    '# %u is the common name of the certificate: a device id.',
    ...upward.map((channel) => `pattern write ${root}/%u/${channel}`),
    ...downward.map((channel) => `pattern read ${root}/%u/${channel}`),
    '',
    `user ${cloudIdentity}`,
    ...upward.map((channel) => `topic read ${root}/+/${channel}`),
    ...downward.map((channel) => `topic write ${root}/+/${channel}`),
    '',
  ].join('\n')
}
