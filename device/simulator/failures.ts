/** What can go wrong with a simulated print. */
export const failureKinds = ['detached', 'spaghetti', 'layer-shift', 'under-extrusion', 'clog'] as const
export type FailureKind = (typeof failureKinds)[number]

/** A failure and the layer at whose start it begins. */
export type Failure = { kind: FailureKind; layer: number }

/** Reads `detached@15`, or `none`. Returns undefined for anything else. */
export function parseFailure(text: string): Failure | 'none' | undefined {
  if (text === 'none') return 'none'
  const [, name, layer] = /^([a-z-]+)@(\d{1,6})$/.exec(text) ?? []
  const kind = failureKinds.find((known) => known === name)
  if (!kind || Number(layer) < 1) return undefined
  return { kind, layer: Number(layer) }
}

/** The failure of a kind already at work in a layer. */
export function failureAt(
  failures: readonly Failure[],
  layer: number,
  kind: FailureKind,
): Failure | undefined {
  return failures.find((failure) => failure.kind === kind && layer >= failure.layer)
}
