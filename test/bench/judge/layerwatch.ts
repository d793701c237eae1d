import {
  falsePausesPer100Hours,
  type Sensitivity as SensitivityStep,
} from '@layerwatch/shared/sensitivity.ts'
import type { Assessment } from '../../../device/assess/assess.ts'
import { assess, type Grounds, resumeAssessment, startAssessment } from '../../../device/assess/assess.ts'
import type { Policy } from '../../../device/assess/policy.ts'
import { type Sight, seeFrame } from '../../../device/assess/report.ts'
import { PolicyConfig } from '../../../device/config.ts'
import type { FrameJudgement } from '../../../device/detector/detector.ts'
import type { SeenFrame } from './rule.ts'

/*
 * Layerwatch's own judgement, through the functions that the agent and `replay` run.
 */

export interface Sensitivity {
  readonly name: string
  readonly policy: Policy
  /** False pauses per 100 hours that its documentation states; undefined where none is. */
  readonly statedPer100Hours?: number
}

export const defaultSensitivity: Sensitivity = stepOf('normal', 'default')

/** The steps a person can choose from, the default among them. */
export const sensitivities: readonly Sensitivity[] = [stepOf('low'), defaultSensitivity, stepOf('high')]

function stepOf(sensitivity: SensitivityStep, name: string = sensitivity): Sensitivity {
  const policy = PolicyConfig.parse({ sensitivity })
  return { name, policy, statedPer100Hours: falsePausesPer100Hours[sensitivity] }
}

/** What is known of a camera from earlier prints. */
export type Known = Grounds['baselines']

export interface Watch {
  /** Whether this frame makes it warn or pause. */
  see(frame: SeenFrame): 'ok' | 'warn' | 'pause'
  /** Goes on after a person looked at the paused print and let it go on. */
  resume(): void
  /** All that it remembers of the print. */
  readonly assessment: Assessment
  /** Probability, as it tells its owner, that the print will fail. */
  readonly failureProbability: number
}

/** Sights of judgements that come again and again in a stream; only their time differs. */
const sights = new WeakMap<FrameJudgement, Sight>()

function sightOf(judgement: FrameJudgement, atSeconds: number): Sight {
  const known = sights.get(judgement) ?? seeFrame(judgement, atSeconds)
  sights.set(judgement, known)
  return { ...known, atSeconds }
}

/** Watches one print, from its first frame on. */
export function watchLikeLayerwatch({ policy }: Sensitivity, baselines: Known = {}): Watch {
  let assessment: Assessment = startAssessment({ baselines })
  let failureProbability = 0
  let last: Sight | undefined
  let wasWarned = false
  return {
    get assessment() {
      return assessment
    },
    get failureProbability() {
      return failureProbability
    },
    see({ judgement, atSeconds, layer }) {
      last = sightOf(judgement, atSeconds)
      const [next, { decision }] = assess(assessment, { layer, atSeconds, sight: last }, policy)
      assessment = next
      failureProbability = decision?.failureProbability ?? failureProbability
      if (decision?.verdict === 'fail') return 'pause'
      const isWarned = decision?.verdict === 'warn'
      const isNew = isWarned && !wasWarned
      wasWarned = isWarned
      return isNew ? 'warn' : 'ok'
    },
    resume() {
      assessment = resumeAssessment(assessment, last)
      wasWarned = false
    },
  }
}
