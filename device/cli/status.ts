import { type CameraReport, DeviceStatus, type PrinterStatusReport } from '@layerwatch/shared/status.ts'
import type { Command } from 'commander'
import { z } from 'zod'
import { loadConfig } from '../config.ts'
import { askStatus } from '../net/status-socket.ts'

const AgentStatus = DeviceStatus.extend({
  cloud: z.object({ isPaired: z.boolean(), isConnected: z.boolean().optional() }),
  backends: z.array(z.string()),
  outbox: z.object({ pending: z.number(), quarantined: z.number(), bytes: z.number() }),
})
type AgentStatus = z.infer<typeof AgentStatus>

/** `status`: what a running agent does. */
export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('say what the running agent does: printers, backends, cloud')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--json', 'as JSON')
    .action(async ({ config, json }: { config: string; json?: true }) => {
      const said = await askStatus(loadConfig(config).dataDir)
      console.log(json ? JSON.stringify(said) : describe(AgentStatus.parse(said)))
    })
}

function describe(status: AgentStatus): string {
  const { cloud, outbox } = status
  const connection = cloud.isConnected ? 'connected' : 'paired, not connected now'
  return [
    `Layerwatch agent ${status.version}, running for ${Math.round(status.uptimeMs / 60_000)} min`,
    `Cloud: ${cloud.isPaired ? connection : 'not paired; watching all the same'}`,
    `Events to send: ${outbox.pending}, refused: ${outbox.quarantined}, ${Math.ceil(outbox.bytes / 1024)} kB`,
    `Detector: ${status.detector?.backend ?? 'none'}, ${status.detector?.frameMs ?? '?'} ms from picture to judgement`,
    ...status.backends.map((line) => `  ${line}`),
    ...status.printers.flatMap(describePrinter),
  ].join('\n')
}

function describePrinter(printer: PrinterStatusReport): string[] {
  const { name, kind, state, job, layer, layers, watching, cameras = [] } = printer
  const place = job ? `, ${job}, layer ${layer ?? '?'}${layers ? ` of ${layers}` : ''}` : ''
  const blind = watching.isWatching ? '' : (watching.reason ?? 'nothing is being printed')
  return [
    `${name} (${kind}): ${state}${place}`,
    watching.isWatching
      ? `  watching since ${watching.since}`
      : `  not watching since ${watching.since}: ${blind}`,
    ...cameras.map(describeCamera),
  ]
}

function describeCamera({ name, isSeeing, reason, detail, intervalSeconds }: CameraReport): string {
  const pace = intervalSeconds === undefined ? '' : `, a picture every ${intervalSeconds} s`
  return `  ${name}: ${isSeeing ? 'sees' : `sees nothing: ${detail ?? reason}`}${pace}`
}
