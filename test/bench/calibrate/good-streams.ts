import { createRandom, mixSeed, type Random } from '../../../device/simulator/random.ts'

/*
 * Good prints to find thresholds by, made of the real good pictures of webcams. Stated, not measured:
 *
 * - a print has one camera; its pictures come by a rank that forgets with a correlation time (AR(1), a Gaussian
 *   copula), so each comes as often as it came, and neighbours resemble each other;
 * - how far a picture differs from the camera's mean is multiplied by a factor drawn once a print, for cameras
 *   never trained on fluctuate more;
 * - each cell has noise of its own from frame to frame, and the head passes: a spot at a place that changes, in one
 *   frame or a few. Both have the size they have on simulated prints.
 */

/** Maps of one real camera before good prints, log-odds, all of one size. */
export interface GoodCamera {
  readonly name: string
  readonly maps: readonly Float32Array[]
}

export interface StreamOptions {
  readonly width: number
  readonly height: number
  readonly correlationSeconds: number
  readonly intervalSeconds: number
  readonly seed: number
}

/** Factor on a camera's fluctuation: log-normal, its median and the standard deviation of its logarithm. */
const amplitude = { median: 1.2, spread: 0.3 }
/** Share of a print's fluctuation that no picture of its camera shows, log-odds. */
const jitterSize = 0.25
const hottestCells = 6
const cellNoise = 0.35
/** Share of frames in which the head is taken for something, how hot it looks, and how likely it stays on. */
const head = { share: 0.04, heat: -2.5, heatSpread: 1.5, stays: 0.2 }

/** Opens a print: each call gives the map of the next frame. */
export function openGoodStream(camera: GoodCamera, options: StreamOptions): () => Float32Array {
  const { width, height, correlationSeconds, intervalSeconds, seed } = options
  const random = createRandom(mixSeed('calibrate', seed))
  const sorted = camera.maps.toSorted((a, b) => heatOf(a) - heatOf(b))
  const heats = sorted.map(heatOf)
  const mean = heats.reduce((sum, heat) => sum + heat, 0) / heats.length
  const factor = amplitude.median * Math.exp(amplitude.spread * random.normal())
  const kept = Math.exp(-intervalSeconds / correlationSeconds)
  const fresh = Math.sqrt(1 - kept * kept)
  let rank = random.normal()
  let jitter = random.normal()
  let spot: Spot | undefined
  // Drawn once and walked through in steps that differ from frame to frame: normal numbers are dear.
  const pool = Float32Array.from({ length: 8191 }, () => random.normal())
  let drawn = 0
  const noise = () => pool[drawn++ % pool.length] ?? 0
  return () => {
    drawn = random.whole(0, pool.length)
    rank = kept * rank + fresh * random.normal()
    jitter = kept * jitter + fresh * random.normal()
    const place = Math.min(sorted.length - 1, Math.max(0, normalShare(rank) * sorted.length - 0.5))
    const [low, high] = [Math.floor(place), Math.ceil(place)]
    const share = place - low
    const heat = (1 - share) * (heats[low] ?? 0) + share * (heats[high] ?? 0)
    const shift = (factor - 1) * (heat - mean) + factor * jitterSize * jitter
    spot = nextSpot(spot, random, { width, height })
    const map = new Float32Array(width * height)
    const [a, b] = [sorted[low], sorted[high]]
    for (let cell = 0; cell < map.length; cell++) {
      map[cell] = (1 - share) * (a?.[cell] ?? 0) + share * (b?.[cell] ?? 0) + shift + cellNoise * noise()
    }
    if (spot) paint(map, spot, width)
    return map
  }
}

interface Spot {
  x: number
  y: number
  heat: number
}

function nextSpot(
  spot: Spot | undefined,
  random: Random,
  size: { width: number; height: number },
): Spot | undefined {
  if (spot && random.chance(head.stays)) return spot
  if (!random.chance(head.share)) return undefined
  const heat = head.heat + head.heatSpread * random.normal()
  return { x: random.whole(0, size.width - 3), y: random.whole(0, size.height - 3), heat }
}

function paint(map: Float32Array, { x, y, heat }: Spot, width: number): void {
  for (let dy = 0; dy < 3; dy++) {
    for (let dx = 0; dx < 3; dx++) {
      const cell = (y + dy) * width + x + dx
      map[cell] = Math.max(map[cell] ?? 0, heat)
    }
  }
}

function heatOf(map: Float32Array): number {
  return (
    map
      .toSorted()
      .slice(-hottestCells)
      .reduce((sum, value) => sum + value, 0) / hottestCells
  )
}

/** Share of a standard normal below a value (logistic approximation of Bowling et al. 2009, to 1.4e-4). */
function normalShare(value: number): number {
  return 1 / (1 + Math.exp(-(0.07056 * value ** 3 + 1.5976 * value)))
}
