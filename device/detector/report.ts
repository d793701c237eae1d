import { z } from 'zod'
import type { BackendName } from './detector.ts'
import { backendNames } from './load.ts'

const name = z.enum(backendNames)

/** What became of one runtime when the detector was opened. */
export const BackendReport = z.discriminatedUnion('state', [
  z.object({ name, state: z.literal('taken'), msPerFrame: z.number().optional() }),
  z.object({ name, state: z.literal('slower'), msPerFrame: z.number() }),
  /** Not installed, or does not start on this machine. */
  z.object({ name, state: z.literal('absent'), reason: z.string() }),
  /** Its outputs differ from the reference outputs by more than the model allows. */
  z.object({ name, state: z.literal('disagrees'), difference: z.number().nullable() }),
])
export type BackendReport = z.infer<typeof BackendReport>

/** One line for a person, such as `tfjs-node: absent, because its library is not installed`. */
export function describeReport(report: BackendReport): string {
  const { name } = report
  switch (report.state) {
    case 'taken':
      return report.msPerFrame === undefined
        ? `${name}: taken, as configured`
        : `${name}: taken, ${formatMs(report.msPerFrame)} a frame`
    case 'slower':
      return `${name}: slower, ${formatMs(report.msPerFrame)} a frame`
    case 'absent':
      return `${name}: absent, because ${report.reason}`
    case 'disagrees':
      return `${name}: disagrees with the reference outputs by ${report.difference ?? 'more than can be said'}`
  }
}

/** The runtime that was taken, if any. */
export function findTaken(reports: readonly BackendReport[]): BackendName | undefined {
  return reports.find(({ state }) => state === 'taken')?.name
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}
