import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import { fetchReply } from '../net/http.ts'
import type { OctoPrintConfig, PrinterConfig } from './config.ts'
import { listWebcams, type Webcam } from './moonraker-api.ts'

const timeoutMs = 5_000
const maxBytes = 1_000_000

const OctoprintWebcam = z.object({
  streamUrl: z.string().max(2000).nullish(),
  snapshotUrl: z.string().max(2000).nullish(),
  flipH: z.boolean().default(false),
  flipV: z.boolean().default(false),
  rotate90: z.boolean().default(false),
})
const OctoprintSettings = z.object({
  webcam: OctoprintWebcam.extend({ webcamEnabled: z.boolean().default(true) }).optional(),
})

/**
 * The cameras that a printer's own software knows of; none where it knows of none.
 * @throws UnavailableError | RejectedError | ProtocolError
 */
export async function findWebcams(config: PrinterConfig, signal: AbortSignal): Promise<Webcam[]> {
  if (config.kind === 'moonraker') return listWebcams(config, signal)
  return config.kind === 'octoprint' ? listOctoprintWebcams(config, signal) : []
}

/** The camera of OctoPrint's settings. https://docs.octoprint.org/en/1.11.8/api/settings.html#retrieve-current-settings */
async function listOctoprintWebcams(config: OctoPrintConfig, signal: AbortSignal): Promise<Webcam[]> {
  const base = new URL(config.url.endsWith('/') ? config.url : `${config.url}/`)
  const headers = { 'x-api-key': config.apiKey ?? '' }
  const url = new URL('api/settings', base)
  const reply = await fetchReply({ url, headers, signal, timeoutMs, maxBytes })
  if (reply.status === 401 || reply.status === 403)
    throw new RejectedError('the API key may not read settings')
  if (reply.status !== 200) throw new UnavailableError(`OctoPrint answered ${reply.status}`)
  const { webcam } = OctoprintSettings.parse(JSON.parse(Buffer.from(reply.bytes).toString('utf8')))
  if (!webcam?.webcamEnabled) return []
  const absolute = (address: string | null | undefined) =>
    address ? URL.parse(address, base.href)?.href : undefined
  const streamUrl = absolute(webcam.streamUrl)
  const snapshotUrl = absolute(webcam.snapshotUrl)
  if (streamUrl === undefined && snapshotUrl === undefined) return []
  return [
    {
      name: 'webcam of OctoPrint',
      ...(streamUrl !== undefined && { streamUrl }),
      ...(snapshotUrl !== undefined && { snapshotUrl }),
      flipHorizontal: webcam.flipH,
      flipVertical: webcam.flipV,
      // OctoPrint turns counterclockwise.
      rotationDegrees: webcam.rotate90 ? 270 : 0,
    },
  ]
}
