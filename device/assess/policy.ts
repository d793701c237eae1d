import type { Sensitivity } from '@layerwatch/shared/sensitivity.ts'
import type { Defect } from '@layerwatch/shared/vocabulary.ts'

/** What is done about a confirmed failure; each does what those before it do. */
export type PolicyAction = 'off' | 'notify' | 'pause' | 'cancel'

/** How a printer's owner wants failures treated; see `PolicyConfig`. */
export interface Policy {
  readonly sensitivity: Sensitivity
  /** For every defect that `defects` does not name. */
  readonly action: PolicyAction
  readonly defects: Readonly<Partial<Record<Defect, PolicyAction | undefined>>>
}

const gravity: Record<PolicyAction, number> = { off: 0, notify: 1, pause: 2, cancel: 3 }

/** What to do about a defect. */
export function actionFor(defect: Defect, policy: Policy): PolicyAction {
  const { action } = policy
  return (
    policy.defects[defect] ?? (isUnproven(defect) && gravity[action] > gravity.notify ? 'notify' : action)
  )
}

/** Whether a defect is told at most, as a suspicion, for its owner did not say that it may do more. */
export function isOnlyTold(defect: Defect, policy: Policy): boolean {
  return isUnproven(defect) && policy.defects[defect] === undefined
}

/**
 * What only the comparison of layers finds. How rarely it errs is not shown on hours enough, so it pauses no print
 * by itself; see `npm run change:bench`.
 */
function isUnproven(defect: Defect): boolean {
  return unproven.includes(defect)
}

const unproven: readonly Defect[] = ['no_growth', 'layer_shift', 'detached', 'broken_off', 'stray_material']

/** The gravest of several actions; `off` of none. */
export function gravestAction(actions: readonly PolicyAction[]): PolicyAction {
  return actions.reduce<PolicyAction>((most, one) => (gravity[one] > gravity[most] ? one : most), 'off')
}

/** What a decision does to the printer, if anything. */
export function moveOf(decision: { action: PolicyAction } | undefined): 'pause' | 'cancel' | undefined {
  const action = decision?.action
  return action === 'pause' || action === 'cancel' ? action : undefined
}
