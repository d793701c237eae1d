import type { Rarity } from '@layerwatch/shared/rarity.ts'

/*
 * How rare rises are on good prints, for each model; thresholds and baselines belong to a model.
 *
 * `npm run judge:calibrate` measures them for the model in `device/model` and writes them here. Those of the model
 * below are provisional: chosen between the first, short runs of that command and the streams of
 * `npm run judge:bench`, on which they gave 4 warnings and no pause in 460 good hours (stated: 1 and 0.1 in 100).
 * The command's own streams fluctuate more than those, and ask for higher rises.
 */

/** The model these were measured for last: the shipped one. */
export const shippedSha256 = 'a5b65a61c9881b262ed529bbfc13ca2c12847bd1959c991b866d7fc7e6b6f816'

const rarities: Readonly<Record<string, Rarity>> = {
  [shippedSha256]: {
    rises: [
      { intercept: -3.5, slope: 1.8 },
      { intercept: -0.9, slope: 1.5 },
      { intercept: 0.4, slope: 1.4 },
    ],
    start: { intercept: 3.4, slope: 0.9 },
  },
}

/** For a model nobody measured: whatever is seen is taken for e times as common. A clear failure pauses all the same. */
const unknownModel: Rarity = {
  rises: [
    { intercept: -4.5, slope: 1.8 },
    { intercept: -1.9, slope: 1.5 },
    { intercept: -0.6, slope: 1.4 },
  ],
  start: { intercept: 2.4, slope: 0.9 },
}

/** The rarities of a model, or careful ones where it was never measured; of the shipped model where none is named. */
export function rarityOf(modelSha256 = shippedSha256): { rarity: Rarity; isMeasured: boolean } {
  const rarity = rarities[modelSha256]
  return { rarity: rarity ?? unknownModel, isMeasured: rarity !== undefined }
}
