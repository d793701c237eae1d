/**
 * MQTT topics. The version is in the topic; within v1 only optional fields are added.
 * Up: status, events, snapshots/{id}, live. Down: receipts, commands. QoS 1 but for live. Nothing is retained.
 */

export type Upward = 'status' | 'events' | 'live'
export type Downward = 'receipts' | 'commands'

const root = 'v1/devices'

/** Topic of a device's plain channel, such as `v1/devices/{deviceId}/events`. */
export function deviceTopic(deviceId: string, channel: Upward | Downward): string {
  return `${root}/${deviceId}/${channel}`
}

/** Topic on which a device sends one picture. */
export function snapshotTopic(deviceId: string, snapshotId: string): string {
  return `${root}/${deviceId}/snapshots/${snapshotId}`
}

/** What the cloud subscribes to, for all devices. */
export const upwardFilters = [
  `${root}/+/status`,
  `${root}/+/events`,
  `${root}/+/live`,
  `${root}/+/snapshots/+`,
] as const

export type UpwardTopic =
  | { deviceId: string; channel: Upward }
  | { deviceId: string; channel: 'snapshots'; snapshotId: string }

/** The device and channel an upward topic names; undefined where it is none of ours. */
export function parseUpwardTopic(topic: string): UpwardTopic | undefined {
  const [version, noun, deviceId, channel, snapshotId, ...rest] = topic.split('/')
  if (`${version}/${noun}` !== root || !deviceId || rest.length > 0) return undefined
  if (channel === 'snapshots') return snapshotId ? { deviceId, channel, snapshotId } : undefined
  if (snapshotId !== undefined) return undefined
  if (channel === 'status' || channel === 'events' || channel === 'live') return { deviceId, channel }
  return undefined
}

/** Largest payloads accepted, in bytes. */
export const maxBytes = {
  event: 64 * 1024,
  status: 64 * 1024,
  snapshot: 256 * 1024,
  live: 72 * 1024,
} as const
