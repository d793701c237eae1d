import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import pino from 'pino'
import { loadConfig } from '../config.ts'
import type { Webcam } from '../printer/moonraker-api.ts'
import type { Heater } from '../printer/printer.ts'
import type { CameraFindings, LayerSource, PrinterFindings, ProbeFindings } from '../probe.ts'
import { probeWatched } from '../probe.ts'
import { cameraName } from '../watch/eyes.ts'

/** What the exit code says; the worst of all printers. */
const exitCodes = { fine: 0, doesNotWork: 1, isLimited: 3 } as const

/** `probe`: tries every configured printer and camera without moving anything. */
export function addProbeCommand(program: Command): void {
  program
    .command('probe')
    .description('try every configured printer and camera, moving nothing')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--pictures', 'store what each camera sees as NAME.jpg here')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 all is well, 1 a printer or camera does not work, 3 all work, but one can only be watched or its picture is of no use.',
    )
    .action(async ({ config: file, pictures, json }: { config: string; pictures?: true; json?: true }) => {
      const { printers } = loadConfig(file)
      const log = pino({ level: 'silent' })
      const findings = await Promise.all(printers.map((printer) => probeWatched(printer, log)))
      if (pictures) await Promise.all(findings.map(storePictures))
      console.log(json ? JSON.stringify(findings.map(withoutPictures)) : findings.map(describe).join('\n'))
      // Connections to printers that are held open for the next question end here.
      process.exit(worstCode(findings))
    })
}

function worstCode(findings: readonly ProbeFindings[]): number {
  const codes = findings.map(exitCodeOf)
  return codes.includes(exitCodes.doesNotWork) ? exitCodes.doesNotWork : Math.max(...codes)
}

export function exitCodeOf({ printer, cameras }: ProbeFindings): number {
  if (!printer.isFound || cameras.some(({ isFound }) => !isFound)) return exitCodes.doesNotWork
  const isSeen = cameras.every((camera) => camera.isFound && camera.found.quality.isUsable)
  const isFine = isSeen && printer.found.actions.includes('pause')
  return isFine ? exitCodes.fine : exitCodes.isLimited
}

/** What was found, in a person's words. */
export function describe({ name, printer, cameras }: ProbeFindings): string {
  return [
    name,
    ...(printer.isFound ? describePrinter(printer.found) : [`  printer: does not work: ${printer.reason}`]),
    ...cameras.flatMap((camera, index) => {
      const label = cameras.length > 1 ? cameraName(index) : 'camera'
      return camera.isFound
        ? describeCamera(label, camera.found)
        : [`  ${label}: does not work: ${camera.reason}`]
    }),
  ].join('\n')
}

const layerWords: Record<LayerSource, string> = {
  printer: 'told by the printer',
  file: "read from the job's G-code",
  time: 'counted by time, for nothing tells them',
  unknown: 'to be seen once something is printed',
}

const actionWords = { pause: 'pause', resume: 'resume', cancel: 'stop' } as const

function describePrinter(found: PrinterFindings): string[] {
  const { nozzle, bed } = found.temperatures ?? {}
  const heaters = [nozzle && `nozzle ${describeHeater(nozzle)}`, bed && `bed ${describeHeater(bed)}`]
  const warmth = heaters.filter((words) => words !== undefined)
  const can = found.actions.map((action) => actionWords[action]).join(', ')
  return [
    `  printer: ${found.description}, ${found.state}${found.job === undefined ? '' : ` (${found.job})`}`,
    ...(can === '' ? [] : [`    can ${can}`]),
    ...found.limits.map((limit) => `    ${limit.charAt(0).toLowerCase()}${limit.slice(1)}`),
    `    layers: ${layerWords[found.layers]}`,
    ...(warmth.length > 0 ? [`    ${warmth.join(', ')}`] : []),
    ...(found.hasLight ? ['    has a light that can be switched'] : []),
    ...found.webcams.map(suggestCamera),
  ]
}

/** A camera to be configured: its stream where it has one. */
function suggestCamera(webcam: Webcam): string {
  const { name, streamUrl, snapshotUrl, flipHorizontal, flipVertical, rotationDegrees } = webcam
  const isStream = streamUrl !== undefined && /^https?:/.test(streamUrl) && !/webrtc|\.m3u8/i.test(streamUrl)
  const url = isStream ? streamUrl : snapshotUrl
  if (url === undefined) return `    camera found, of a kind Layerwatch can not read: ${name} at ${streamUrl}`
  const turned = flipHorizontal || flipVertical || rotationDegrees !== 0
  const hint = turned ? ' (it is turned or mirrored there: see picture)' : ''
  return `    camera found; put it in the configuration as camera: {kind: ${isStream ? 'mjpeg' : 'snapshot'}, url: "${url}"}${hint}`
}

function describeHeater({ actualC, targetC }: Heater): string {
  const actual = `${Math.round(actualC)} °C`
  if (targetC === undefined) return actual
  return targetC === 0 ? `${actual}, off` : `${actual} of ${Math.round(targetC)} °C`
}

function describeCamera(label: string, found: CameraFindings): string[] {
  const { width, height, bytes, frameMs, intervalMs, quality } = found
  const verdict = quality.isUsable ? 'good to judge by' : `of no use: ${quality.detail ?? quality.reason}`
  return [
    `  ${label}: ${found.description}`,
    `    ${width} × ${height} pixels, ${Math.ceil(bytes / 1024)} kB, a picture takes ${Math.round(frameMs)} ms, a new one comes every ${Math.round(intervalMs)} ms at most`,
    `    the picture is ${verdict}`,
  ]
}

/** Those of further cameras are numbered from 2 on. */
async function storePictures({ name, cameras }: ProbeFindings): Promise<void> {
  for (const [index, camera] of cameras.entries()) {
    const file = `${name.replaceAll(/[^\w.-]+/g, '-')}${index === 0 ? '' : `-${index + 1}`}.jpg`
    if (camera.isFound) await writeFile(file, camera.found.jpeg)
  }
}

function withoutPictures({ cameras, ...findings }: ProbeFindings) {
  const bare = cameras.map((camera) => {
    if (!camera.isFound) return camera
    const { jpeg: _jpeg, ...found } = camera.found
    return { isFound: true, found }
  })
  return { ...findings, cameras: bare }
}
