import { type Mask, maskedCells } from '@layerwatch/shared/mask.ts'
import { type Sensitivity, thresholdsOf } from '@layerwatch/shared/sensitivity.ts'
import { natsOfEvidence } from '@layerwatch/shared/tuning.ts'
import type { Box } from '@layerwatch/shared/vocabulary.ts'
import {
  type Assessment,
  assess,
  type Grounds,
  type PlacedFrame,
  prepareAssessment,
  recountAssessment,
  resumeAssessment,
  startAssessment,
} from '../assess/assess.ts'
import type { Cells } from '../assess/cells.ts'
import type { Policy } from '../assess/policy.ts'
import type { Sight } from '../assess/report.ts'
import { coldest } from '../assess/scene.ts'
import { type KeptMap, type KeptSight, type Step, sixteenth } from './steps.ts'

/*
 * A print judged again, by the very code that judges a print that runs, under another mask or baseline. Thresholds
 * need no replay of their own: what is kept of it is the evidence, layer by layer.
 */

/** What a print is replayed under. */
export interface ReplayGrounds {
  readonly modelSha256: string
  readonly policy: Policy
  readonly baselines: Grounds['baselines']
  /** Boxes and polygons to ignore, by camera. */
  readonly masks: Readonly<Record<string, Mask>>
  /** Evidence from which on places are told, ln hours. */
  readonly loudFrom: number
}

/** Where a frame stood out. */
export interface LoudPlace {
  readonly camera: string
  readonly box: Box
  readonly nats: number
}

/** A print as it would have been judged. */
export interface ReplayedPrint {
  /** The highest evidence of each layer, ln hours, in order. */
  readonly layers: readonly { readonly layer: number; readonly nats: number }[]
  readonly loud: readonly LoudPlace[]
  readonly end: Assessment
}

/** A round of cameras. */
type SeenRound = { sight: Sight } & Pick<PlacedFrame, 'camera' | 'others'>

/** Far above what any print reaches, so that evidence is never cut off by the scale it is told on. */
const replayShift = 15
const maxLoud = 200

/** Judges a print again. Steps may come in several runs, so that a long print does not hold up all else. */
export class Replay {
  readonly #grounds: ReplayGrounds
  readonly #layers = new Map<number, number>()
  readonly #loud: LoudPlace[] = []
  readonly #masked = new Map<string, Set<number>>()
  #state: Assessment
  #last: { sight: Sight; camera: string } | undefined

  constructor(grounds: ReplayGrounds) {
    const { modelSha256, baselines } = grounds
    this.#grounds = grounds
    this.#state = startAssessment({ modelSha256, baselines, shift: replayShift })
  }

  /** Goes on with the next steps. */
  add(steps: readonly Step[]): void {
    for (const step of steps) this.#take(step)
  }

  get result(): ReplayedPrint {
    const layers = [...this.#layers].map(([layer, nats]) => ({ layer, nats }))
    return { layers, loud: this.#loud, end: this.#state }
  }

  #take(step: Step): void {
    if (step.kind === 'recounted') this.#state = recountAssessment(this.#state)
    else if (step.kind === 'resumed') {
      this.#state = resumeAssessment(this.#state, this.#last?.sight, this.#last?.camera)
    } else if (step.kind === 'prepared') {
      this.#state = prepareAssessment(this.#state, this.#see(step.sights))
    } else this.#judge(step)
  }

  #judge(step: Extract<Step, { atSeconds: number }>): void {
    const { layer, atSeconds, evidence = [] } = step
    const seen = step.kind === 'compared' ? {} : this.#see(step.sights)
    const { policy } = this.#grounds
    const [state, { decision, camera = '' }] = assess(
      this.#state,
      { layer, atSeconds, evidence, ...seen },
      policy,
    )
    this.#state = state
    if (!decision) return
    const nats = natsOfEvidence(decision.evidence, thresholdsOf(policy.sensitivity, replayShift))
    this.#layers.set(layer, Math.max(nats, this.#layers.get(layer) ?? -Infinity))
    if (nats < this.#grounds.loudFrom || !decision.place || this.#loud.length >= maxLoud) return
    this.#loud.push({ camera, box: decision.place, nats })
  }

  /** The round as the judgement takes it. */
  #see([lead, ...others]: readonly KeptSight[]): SeenRound {
    if (!lead) throw new RangeError('a round without a camera')
    const sight = this.#sightOf(lead)
    this.#last = { sight, camera: lead.camera }
    const further = others.map((one) => ({ camera: one.camera, sight: this.#sightOf(one) }))
    return { sight, camera: lead.camera, ...(further.length > 0 ? { others: further } : {}) }
  }

  #sightOf({ camera, atSeconds, map }: KeptSight): Sight {
    const heat = { width: map.width, height: map.height, cells: readMap(map, this.#maskOf(camera, map)) }
    return { atSeconds, score: 0, heat, defectMaps: [], detections: [] }
  }

  #maskOf(camera: string, map: KeptMap): Set<number> {
    const known = this.#masked.get(camera)
    if (known) return known
    const mask = this.#grounds.masks[camera]
    const cells = mask ? maskedCells(mask, map) : new Set<number>()
    this.#masked.set(camera, cells)
    return cells
  }
}

/** The layer a replayed print would have been paused at, with thresholds shifted by so much. */
export function pausedAt(
  { layers }: Pick<ReplayedPrint, 'layers'>,
  sensitivity: Sensitivity,
  shift: number,
): number | undefined {
  const { pause } = thresholdsOf(sensitivity, shift)
  return layers.find(({ nats }) => nats >= pause)?.layer
}

/** A kept map in log-odds, without what is masked. */
function readMap({ cells }: KeptMap, masked: ReadonlySet<number>): Cells {
  const map = new Float32Array(cells.length)
  for (let i = 0; i < map.length; i++) map[i] = masked.has(i) ? coldest : (cells[i] ?? 0) / sixteenth
  return map
}
