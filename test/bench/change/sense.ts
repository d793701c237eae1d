import { type ChangeReport, type ChangeState, nothingSeen, seeChange } from '../../../device/assess/change.ts'
import { addChanges, type ChangeSums, natsOfChange } from '../../../device/assess/changes.ts'
import { thresholdsOf } from '../../../shared/sensitivity.ts'
import type { FilmedPrint, GreyFrame } from './prints.ts'

/** When this sense alone, at the normal sensitivity, warned of a print and would have paused it. */
export interface SensedPrint {
  readonly warnedAtLayer?: number
  readonly pausedAtLayer?: number
  readonly warnedOf?: string
  /** Processor time of the sense, for each layer. */
  readonly cpuMsPerLayer: number
  readonly comparableLayers: number
  /** Each layer's report, for whoever wants to look. */
  readonly reports: readonly ChangeReport[]
}

/** Shows the frames to the sense, as the agent does. */
export function sensePrint(frames: readonly GreyFrame[], layerSeconds: number): SensedPrint {
  const account = openAccount(layerSeconds)
  const reports: ChangeReport[] = []
  let state: ChangeState = nothingSeen
  const before = process.cpuUsage()
  for (const { layer, seconds, picture } of frames) {
    const [next, report] = seeChange(state, { layer, atSeconds: seconds, picture })
    state = next
    if (!report) continue
    reports.push(report)
    account.add(report)
  }
  const cpuMs = process.cpuUsage(before).user / 1000
  return {
    ...account.verdict(),
    cpuMsPerLayer: cpuMs / Math.max(1, reports.length),
    comparableLayers: reports.filter(({ isComparable }) => isComparable).length,
    reports,
  }
}

function openAccount(layerSeconds: number) {
  const { warn, pause } = thresholdsOf('normal')
  let sums: ChangeSums = {}
  const verdict: { warnedAtLayer?: number; pausedAtLayer?: number; warnedOf?: string } = {}
  return {
    add({ layer, evidence }: ChangeReport): void {
      sums = addChanges(sums, evidence, layer)
      for (const [defect, sum] of Object.entries(sums)) {
        const nats = natsOfChange(sum, layerSeconds)
        // The evidence of a layer is there when the next one begins.
        if (nats >= warn) verdict.warnedOf ??= defect
        if (nats >= warn) verdict.warnedAtLayer ??= layer + 1
        if (nats >= pause) verdict.pausedAtLayer ??= layer + 1
      }
    },
    verdict: () => verdict,
  }
}

/** Whether a failure was found in time: within 5 layers or 2 mm of missing height, the later. */
export function isFoundInTime({ failure, layerHeightMm }: FilmedPrint, atLayer: number | undefined): boolean {
  if (!failure || atLayer === undefined || atLayer < failure.layer) return false
  return atLayer - failure.layer <= Math.max(5, Math.ceil(2 / layerHeightMm))
}
