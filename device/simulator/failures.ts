/** What can go wrong with a simulated print. */
export const failureKinds = [
  'detached',
  'spaghetti',
  'layer-shift',
  'under-extrusion',
  'clog',
  'run-out',
  'knocked-over',
  'broken-off',
] as const
export type FailureKind = (typeof failureKinds)[number]

/**
 * A failure and the layer at whose start it begins. `slipMm` is how far a layer shift goes; without it, the seed
 * decides.
 */
export type Failure = { kind: FailureKind; layer: number; slipMm?: number | undefined }

/** Reads `detached@15`, `layer-shift@15:2.5mm`, or `none`. Returns undefined for anything else. */
export function parseFailure(text: string): Failure | 'none' | undefined {
  if (text === 'none') return 'none'
  const [, name, layer, slipMm] = /^([a-z-]+)@(\d{1,6})(?::(\d{1,2}(?:\.\d{1,2})?)mm)?$/.exec(text) ?? []
  const kind = failureKinds.find((known) => known === name)
  if (!kind || Number(layer) < 1) return undefined
  if (slipMm === undefined) return { kind, layer: Number(layer) }
  return kind === 'layer-shift' ? { kind, layer: Number(layer), slipMm: Number(slipMm) } : undefined
}

/** The failure of a kind already at work in a layer. */
export function failureAt(
  failures: readonly Failure[],
  layer: number,
  kind: FailureKind,
): Failure | undefined {
  return failures.find((failure) => failure.kind === kind && layer >= failure.layer)
}
