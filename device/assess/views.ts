import type { Grid } from '@layerwatch/shared/mask.ts'
import { natsOf, type Rarity } from '@layerwatch/shared/rarity.ts'
import type { Cells } from './cells.ts'
import type { Sight } from './report.ts'
import { acceptScene, durationsSeconds, openScene, type Scene, type Standout, seeScene } from './scene.ts'

/*
 * A printer's cameras, judged together. Each is held against its own past (`scene.ts`); here their findings of the
 * same time join into one.
 *
 * Evidence is ln of the hours of good printing between two sights like it, so joining is counting rates. Of K
 * cameras the rate that any one shows so much is K times one's (Bonferroni): ln K is taken off. Where something new
 * has risen before a second camera too, a good print must fool both: by what both look at (the same part, the same
 * network), or each by itself within the same minutes. What a camera has shown from its first picture on is no
 * agreement: one camera in twelve shows its good prints so, all the time. Where the others look and show nothing new,
 * either the failure can be seen from one side only, or one lens is fooled: by dirt, an insect, a reflection. Such
 * things are no part of what good prints were measured to show; their rate is stated below, and it bounds what one
 * lens can claim until it has lasted. So a fooled lens warns at once and pauses nothing for minutes; a failure that
 * only one camera can see is told at once, and pauses when it has stood for longer than lenses are fooled.
 */

/** What one camera has shown of this print, and how much its newest frame stands out. */
export interface CameraView {
  readonly scene: Scene
  readonly standout?: Standout | undefined
  /** Its newest frame. */
  readonly sight?: Sight | undefined
  /** ln of the hours of good printing in which so much newly rises once before this camera. */
  readonly riseNats: number
  /** How long, in seconds of printing, something that rose has stood out. */
  readonly stoodSeconds: number
}

/** One that has seen enough to say something. */
type Looking = CameraView & { readonly camera: string; readonly standout: Standout }

export type Views = Readonly<Record<string, CameraView>>

/** What one camera sees now. */
export interface CameraSight {
  readonly camera: string
  readonly sight: Sight
}

/** What a print's cameras are held against. */
export interface ViewGrounds {
  readonly rarity: Rarity
  /** What each camera usually shows of good prints, by its name. */
  readonly baselines: Readonly<Record<string, { readonly grid: Grid; readonly cells: Cells }>>
}

/** What the cameras show together. */
export interface JointSight {
  /** The camera that shows most, and its frame. */
  readonly camera: string
  readonly sight: Sight | undefined
  /** Its standout, worth what all cameras together make of it. */
  readonly standout: Standout
  /** What the other cameras say to it, in a person's words; undefined where there is no other. */
  readonly note?: string
}

/** Cameras of one printer that are kept account of. */
const maxCameras = 4
/** What a camera saw longer ago, in seconds of printing, says nothing of now. */
const maxAgeSeconds = 180
/** A camera contradicts another only by what it has seen since, in seconds of printing. */
const witnessSeconds = 30
/** A camera at or above even odds in its usual hottest places has seen too much to vouch for anything. */
const maxWitnessLevel = 0
/**
 * A rise from which on a camera agrees with another, ln. Good prints show one like it in 0.23 % of their time, ten times
 * in 100 hours (25 cameras of the calibration part, 209 modelled hours): before a fooled lens a second camera seems
 * to agree within nine minutes in 2 % of cases.
 */
export const agreeingNats = 1
/** Averages that tell of now: over longer ones, what is gone is still seen. */
const newestDurations = durationsSeconds.filter((seconds) => seconds <= maxAgeSeconds).length
/** From here on a camera stands out: the lowest evidence at which any owner is told (ln 20 hours). */
const standingNats = Math.log(20)
/** Below, what stood out is gone, ln: what good prints show three times an hour. */
const goneNats = -1

/** Stated: of the good prints that fool one camera, this share fools a second one, which looks at the same part. */
const commonCause = 1 / 4
/** Two cameras show something at the same time when they do within this long. */
const togetherHours = 5 / 60
/** Stated: this share of failures can be seen by one camera of a printer only. */
const oneSided = 1 / 4
/**
 * Stated, not measured: failures in plain view of a camera while it does not agree, of those that another sees well
 * enough to pause.
 */
const missedShare = 0.1
/** Stated: a lens is fooled by what is no part of the print once in so many hours of printing. */
const fooledEveryHours = 300
/** Stated: of such sights one in e lasts this long, one in e² twice as long. */
const fooledSeconds = 300

/** Takes the frames of one round into account, each by its own camera's past. */
export function seeViews(views: Views, seen: readonly CameraSight[], grounds: ViewGrounds): Views {
  const next: Record<string, CameraView> = { ...views }
  for (const { camera, sight } of seen) {
    const before = next[camera]
    if (!before && Object.keys(next).length >= maxCameras) continue
    next[camera] = seeView(before, { camera, sight }, grounds)
  }
  return next
}

function seeView(
  before: CameraView | undefined,
  { camera, sight }: CameraSight,
  { rarity, baselines }: ViewGrounds,
): CameraView {
  const { heat, atSeconds } = sight
  const { width, height, cells } = heat
  if (!before || !isGrid(before.scene.grid, heat)) {
    const known = baselines[camera]
    const baseline = known && isGrid(known.grid, heat) ? known.cells : undefined
    return {
      scene: openScene(cells, { grid: { width, height }, atSeconds, baseline }),
      sight,
      riseNats: -Infinity,
      stoodSeconds: 0,
    }
  }
  const [scene, standout] = seeScene(before.scene, { map: cells, atSeconds }, rarity)
  // A late frame says nothing, and takes nothing back.
  if (!standout) return { ...before, scene, sight: atSeconds < before.scene.atSeconds ? before.sight : sight }
  const gapSeconds = Math.min(maxAgeSeconds, atSeconds - before.scene.atSeconds)
  const now = standout.rises.slice(0, newestDurations)
  const riseNats = Math.max(...now.map((rise, i) => natsOf(rise, rarity.rises[i])))
  const stoodSeconds = standsAfter(before.stoodSeconds, riseNats, gapSeconds)
  return { scene, standout, sight, riseNats, stoodSeconds }
}

/** How long a rise has stood, through breaks in which it showed less; gone is what good prints show often. */
function standsAfter(beforeSeconds: number, riseNats: number, gapSeconds: number): number {
  if (riseNats >= standingNats) return beforeSeconds + gapSeconds
  return riseNats < goneNats ? 0 : Math.max(0, beforeSeconds - gapSeconds)
}

/** What is in sight now is how this print looks from now on, to each camera. */
export function acceptViews(views: Views): Views {
  return Object.fromEntries(
    Object.entries(views).map(([camera, { scene }]) => [
      camera,
      { scene: acceptScene(scene), riseNats: -Infinity, stoodSeconds: 0 },
    ]),
  )
}

/** What the cameras show together now; undefined while none has seen enough. One that went blind has no say after a while. */
export function joinViews(views: Views, nowSeconds: number): JointSight | undefined {
  const looking = Object.entries(views)
    .flatMap(([camera, view]) => (view.standout ? [{ camera, ...view, standout: view.standout }] : []))
    .filter(({ scene }) => nowSeconds - scene.atSeconds <= maxAgeSeconds)
  const [most] = looking
    .map((lead) => joinTo(lead, { others: looking.filter((one) => one !== lead), nowSeconds }))
    .sort((a, b) => b.standout.nats - a.standout.nats || (a.camera < b.camera ? -1 : 1))
  return most
}

/** What one camera shows, worth what the others make of it. */
function joinTo(
  lead: Looking,
  { others, nowSeconds }: { others: readonly Looking[]; nowSeconds: number },
): JointSight {
  const { camera, sight, standout } = lead
  const told = { camera, sight }
  if (others.length === 0) return { ...told, standout }
  const second = Math.max(...others.map((other) => agreesBy(other, lead)))
  const choice = Math.log(others.length + 1)
  if (second >= agreeingNats) {
    const nats = Math.max(standout.nats, standout.nats - choice + agreement(second))
    return { ...told, standout: { ...standout, nats }, note: 'Another camera shows something too.' }
  }
  const awake = others.filter(({ scene }) => nowSeconds - scene.atSeconds <= witnessSeconds)
  if (awake.length === 0) return { ...told, standout: { ...standout, nats: standout.nats - choice } }
  const witnesses = awake.filter(({ scene }) => scene.level < maxWitnessLevel).length
  const doubted = Math.min(standout.nats - choice + quietness(witnesses), Math.log(fooledEveryHours) - choice)
  // A level that was there from the first picture on says no more by lasting.
  const lasted = standout.isFromStart ? 0 : lead.stoodSeconds / fooledSeconds
  const nats = Math.min(standout.nats, doubted + lasted)
  const note = `Only ${camera} shows it${witnesses > 0 ? `, while ${countOthers(witnesses)} nothing` : ''}.`
  return { ...told, standout: { ...standout, nats }, note }
}

/** How much of what one camera shows another shows too: what rose, or what was there from the start. */
function agreesBy({ riseNats, standout }: Looking, lead: Looking): number {
  if (!lead.standout.isFromStart) return riseNats
  return standout.isFromStart ? standout.nats : -Infinity
}

/** ln of how much more rarely a good print fools a second camera as well, by a common cause or by chance. */
function agreement(second: number): number {
  const byChance = Math.min(1, togetherHours * Math.exp(-second))
  return -Math.log(commonCause + (1 - commonCause) * byChance)
}

/** ln of how rarely so many cameras in good sight show nothing of a failure. */
function quietness(witnesses: number): number {
  return Math.log(oneSided + (1 - oneSided) * missedShare ** witnesses)
}

function countOthers(count: number): string {
  return count === 1 ? 'the other camera sees well and shows' : `the other ${count} cameras see well and show`
}

function isGrid(a: Grid, b: Grid): boolean {
  return a.width === b.width && a.height === b.height
}
