import type { Rarity, Tail } from '@layerwatch/shared/rarity.ts'

/*
 * How rare rises are on good prints, for each model; thresholds and baselines belong to a model.
 *
 * `npm run judge:calibrate` measures them for the model in `device/model` and writes them here; nothing in them is
 * set by hand.
 */

/** The model these were measured for last: the shipped one. */
export const shippedSha256 = 'a5b65a61c9881b262ed529bbfc13ca2c12847bd1959c991b866d7fc7e6b6f816'

const rarities: { readonly [shippedSha256]: Rarity; readonly [sha256: string]: Rarity | undefined } = {
  [shippedSha256]: {
    rises: [
      { intercept: -1.88, slope: 1.75 },
      { intercept: -0.26, slope: 1.75 },
      { intercept: -0.26, slope: 1.75 },
      { intercept: -0.26, slope: 1.75 },
    ],
    start: { intercept: 3.93, slope: 0.75 },
  },
}

/** How much more common whatever is seen is taken to be where a model was never measured, ln. */
const unmeasured = 1

/**
 * The rarities of a model; of the shipped model where none is named. For a model nobody measured whatever is seen is
 * taken for e times as common as by the shipped one: a clear failure pauses all the same.
 */
export function rarityOf(modelSha256 = shippedSha256): { rarity: Rarity; isMeasured: boolean } {
  const rarity = rarities[modelSha256]
  return { rarity: rarity ?? lessSure(rarities[shippedSha256]), isMeasured: rarity !== undefined }
}

function lessSure(rarity: Rarity): Rarity {
  const lower = (tail: Tail): Tail => ({ ...tail, intercept: tail.intercept - unmeasured })
  return { rises: rarity.rises.map(lower), start: lower(rarity.start) }
}
