import { createRandom } from '../../../device/simulator/random.ts'
import { quantile } from '../figure.ts'

/** Upper end of the one-sided 95 % interval of a Poisson mean of which so many were counted. */
export function poissonUpper(count: number): number {
  // The mean at which so few or fewer come in 5 % of all cases, by halving.
  let [low, high] = [count, count + 10 + 4 * Math.sqrt(count + 1)]
  for (let i = 0; i < 60; i++) {
    const mean = (low + high) / 2
    if (poissonShare(count, mean) > 0.05) low = mean
    else high = mean
  }
  return high
}

/** Share of cases in which a Poisson variable of this mean is at most `count`. */
function poissonShare(count: number, mean: number): number {
  let term = Math.exp(-mean)
  let sum = term
  for (let k = 1; k <= count; k++) {
    term *= mean / k
    sum += term
  }
  return sum
}

const resamples = 2000

/**
 * 95 % interval of a figure when what it rests on is drawn anew, with replacement: cameras, prints or failures.
 * Seeded, so that the same data give the same interval.
 */
export function bootstrap<T>(
  members: readonly T[],
  figure: (drawn: readonly T[]) => number,
): [number, number] {
  const random = createRandom(members.length)
  const figures = Array.from({ length: resamples }, () => {
    const drawn = members.map(() => members[random.whole(0, members.length - 1)])
    return figure(drawn.filter((one) => one !== undefined))
  })
  return [quantile(figures, 0.025), quantile(figures, 0.975)]
}

/** Wilson's 95 % interval of a share. */
export function shareInterval(count: number, of: number): [number, number] {
  if (of === 0) return [0, 1]
  const z = 1.96
  const share = count / of
  const middle = share + (z * z) / (2 * of)
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  const scale = 1 + (z * z) / of
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)]
}
