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
  return policy.defects[defect] ?? policy.action
}

/** The gravest of several actions; `off` of none. */
export function gravestAction(actions: readonly PolicyAction[]): PolicyAction {
  return actions.reduce<PolicyAction>((most, one) => (gravity[one] > gravity[most] ? one : most), 'off')
}

/** What a decision does to the printer, if anything. */
export function moveOf(decision: { action: PolicyAction } | undefined): 'pause' | 'cancel' | undefined {
  const action = decision?.action
  return action === 'pause' || action === 'cancel' ? action : undefined
}
