import type { Figure } from '../figure.ts'
import { type Camera, isWebcam } from './camera.ts'
import { peaksOf } from './equal-pauses.ts'
import { type GoodResult, runGoodPrints, type WatchedGood } from './good-run.ts'
import { type GoodStreams, mainCorrelation, planRun } from './good-streams.ts'
import { defaultSensitivity, type Sensitivity, sensitivities } from './layerwatch.ts'
import type { Section } from './report.ts'
import type { Rule } from './rule.ts'
import { rules } from './rules.ts'
import type { Setup } from './setup.ts'
import { bootstrap, poissonUpper } from './statistics.ts'

/*
 * False pauses on good prints. Modelled, not field: real levels and real fluctuation of held-out good frames, and
 * a correlation in time that is assumed.
 */

/** False pauses per 100 print hours that the default may reach with its upper 95 % bound. */
const reachPer100Hours = 0.3

export function measureGood(setup: Setup, streamed: GoodStreams): Section {
  const { byCorrelation } = streamed
  const rows = [...byCorrelation].map(([seconds, result]) => ({
    seconds,
    ...countPauses(result, defaultSensitivity),
  }))
  const worst = rows.reduce((most, row) => (row.upper > most.upper ? row : most))
  const figures: Figure[] = [
    {
      name: 'false pauses per 100 print hours, default sensitivity, upper 95 % bound (modelled, not field)',
      value: worst.upper,
      unit: 'per 100 h',
      reach: reachPer100Hours,
      detail:
        `the worst of three correlations (${worst.seconds} s): ${worst.pauses} pauses in ${Math.round(worst.hours)} h, ` +
        `cameras drawn anew: ${worst.interval.map((one) => one.toFixed(2)).join(' to ')}; ${describeCameras(setup.cameras)}`,
    },
    ...otherSteps(byCorrelation.get(mainCorrelation)),
    ...apart(setup),
    passingFigure(streamed.passing),
  ]
  return {
    figures,
    tables: [
      pausesTable(rows),
      cameraTable(byCorrelation),
      documentedTable(byCorrelation.get(mainCorrelation)),
    ],
  }
}

interface Pauses {
  pauses: number
  paused: number
  warnings: number
  hours: number
  upper: number
  interval: [number, number]
}

/** Counts every pause, also those after a person looked and resumed. */
export function countPauses({ hours, watched }: GoodResult, sensitivity: Sensitivity): Pauses {
  const prints = watched.get(sensitivity) ?? []
  const pauses = sum(prints, (one) => one.pauses.length)
  const byCamera = [...Map.groupBy(prints, ({ print }) => print.camera).values()]
  return {
    pauses,
    paused: prints.filter((one) => one.pauses.length > 0).length,
    warnings: sum(prints, (one) => one.warnings),
    hours,
    upper: (poissonUpper(pauses) / hours) * 100,
    interval: bootstrap(byCamera, rateOf),
  }
}

function rateOf(cameras: readonly (readonly WatchedGood[])[]): number {
  const prints = cameras.flat()
  return (sum(prints, (one) => one.pauses.length) / sum(prints, ({ print }) => print.seconds / 3600)) * 100
}

function otherSteps(result: GoodResult | undefined): Figure[] {
  if (!result) return []
  return sensitivities
    .filter((one) => one !== defaultSensitivity)
    .map((one) => {
      const { pauses, hours, upper } = countPauses(result, one)
      return {
        name: `false pauses per 100 print hours, sensitivity ${one.name}, upper 95 % bound (modelled)`,
        value: upper,
        unit: 'per 100 h',
        ...(one.statedPer100Hours === undefined ? {} : { reach: one.statedPer100Hours }),
        detail: `${pauses} pauses in ${Math.round(hours)} h, correlation ${mainCorrelation} s; the reach is the rate it states`,
      }
    })
}

/** Cameras of the calibration part: their frames fitted the slope and the offset of the probability, no weights. */
function apart(setup: Setup): Figure[] {
  if (setup.calibrationCameras.length === 0) return []
  const variation = { correlationSeconds: mainCorrelation, sensitivities: [defaultSensitivity] }
  const run = planRun(setup, { ...variation, cameras: setup.calibrationCameras, hours: setup.hours / 2 })
  const { pauses, hours, upper } = countPauses(runGoodPrints(run), defaultSensitivity)
  return [
    {
      name: 'the same on cameras of the calibration part, which the probability was fitted on',
      value: upper,
      unit: 'per 100 h',
      detail: `${pauses} pauses in ${Math.round(hours)} h, correlation ${mainCorrelation} s; ${describeCameras(setup.calibrationCameras)}`,
    },
  ]
}

function passingFigure(result: GoodResult): Figure {
  const { pauses, hours, upper } = countPauses(result, defaultSensitivity)
  return {
    name: 'the same with sights that pass: once an hour one frame of a real failing print',
    value: upper,
    unit: 'per 100 h',
    detail: `${pauses} pauses in ${Math.round(hours)} h, correlation ${mainCorrelation} s; how often is an assumption`,
  }
}

function pausesTable(rows: readonly (Pauses & { seconds: number })[]) {
  return {
    title: 'Layerwatch on good streams, default sensitivity, a frame every 5 s (modelled)',
    columns: [
      'correlation',
      'hours',
      'pauses',
      'prints paused',
      'warnings',
      'per 100 h',
      'upper bound',
      'cameras drawn anew',
    ],
    rows: rows.map((row) => [
      `${row.seconds} s`,
      Math.round(row.hours),
      row.pauses,
      row.paused,
      row.warnings,
      (row.pauses / row.hours) * 100,
      row.upper,
      row.interval.map((one) => one.toFixed(2)).join(' to '),
    ]),
  }
}

/** Which cameras the false pauses come from. */
function cameraTable(streamed: ReadonlyMap<number, GoodResult>) {
  const all = [...streamed.values()].flatMap(({ watched }) => watched.get(defaultSensitivity) ?? [])
  const rows = [...Map.groupBy(all, ({ print }) => print.camera)].map(([camera, prints]) => ({
    name: camera.name,
    level: camera.scores.reduce((total, score) => total + score, 0) / camera.scores.length,
    pauses: sum(prints, (one) => one.pauses.length),
    warnings: sum(prints, (one) => one.warnings),
    hours: sum(prints, ({ print }) => print.seconds / 3600),
  }))
  const loud = rows.filter(({ pauses, warnings }) => pauses + warnings > 0)
  return {
    title: `Cameras with pauses or warnings on good prints (all correlations); the other ${rows.length - loud.length} had none`,
    columns: ['camera', 'mean log-odds', 'hours', 'pauses', 'warnings'],
    rows: loud
      .sort((a, b) => b.pauses - a.pauses || b.warnings - a.warnings)
      .slice(0, 15)
      .map((row) => [row.name, row.level, Math.round(row.hours), row.pauses, row.warnings]),
  }
}

/** How the others' rules do on the same streams at the thresholds they document. */
function documentedTable(result: GoodResult | undefined) {
  const prints = result?.watched.get(defaultSensitivity) ?? []
  const share = (paused: number) => `${paused} of ${prints.length}`
  const row = (rule: Rule) => [
    rule.name,
    rule.documented,
    share(peaksOf(rule, result?.recorded ?? []).filter((peak) => peak >= rule.documented).length),
  ]
  return {
    title: `Good prints paused at least once, correlation ${mainCorrelation} s, at documented thresholds`,
    columns: ['rule', 'threshold', 'prints paused'],
    rows: [
      ['Layerwatch', 'default', share(prints.filter(({ pauses }) => pauses.length > 0).length)],
      ...rules.map(row),
    ],
  }
}

function describeCameras(cameras: readonly Camera[]): string {
  const runs = cameras.filter(isWebcam)
  const webcams = new Set(runs.map(({ source }) => source)).size
  const frames = sum(cameras, (camera) => camera.frames)
  return (
    `${cameras.length} cameras of ${frames} frames: ${runs.length} prints or scenes of ${webcams} webcams and ` +
    `${cameras.length - runs.length} photographs`
  )
}

function sum<T>(members: readonly T[], of: (member: T) => number): number {
  return members.reduce((total, member) => total + of(member), 0)
}
