import type { Clock } from '../clock.ts'
import { lookOf } from './camera-accounts.ts'
import type { Observation } from './watch.ts'

/** Name of a printer's camera, in the order of the configuration: sights, masks and baselines go by it. */
export function cameraName(index: number): string {
  return `camera ${index + 1}`
}

/** One of a printer's cameras, seen through the detector; see `openEye`. */
export interface Eye {
  name: string
  observe: (signal: AbortSignal) => Promise<Observation>
}

/** What one camera saw since the last round. */
export interface EyeNews {
  camera: string
  observation: Observation
}

/** How long a round waits for a camera that was in time so far. */
const patienceMs = 2_000

interface EyeState {
  readonly eye: Eye
  underWay: Promise<void> | undefined
  news: Observation | undefined
  isLate: boolean
}

/**
 * Makes the function that looks through all cameras of a printer at once: one round of what each saw last. Every
 * camera has one look under way at most, so that all have the same share of the detector. One that hangs delays
 * no round but its first: what it sees comes with a later one.
 */
export function openEyes(
  eyes: readonly Eye[],
  { clock, patience = patienceMs }: { clock: Clock; patience?: number },
): (signal: AbortSignal) => Promise<EyeNews[]> {
  const states = eyes.map(
    (eye): EyeState => ({
      eye,
      underWay: undefined,
      news: undefined,
      isLate: false,
    }),
  )
  return async (signal) => {
    for (const state of states) state.underWay ??= startLook(state, signal)
    const punctual = states.filter(({ isLate }) => !isLate).map(({ underWay }) => underWay)
    const enough = new AbortController()
    const wait = clock.sleep(patience, AbortSignal.any([signal, enough.signal]))
    await Promise.race([Promise.all(punctual), wait])
    enough.abort()
    // All are late: the first to see something ends the round. Each look ends by its own time limit.
    if (states.every(({ news }) => news === undefined)) {
      await Promise.race(states.map(({ underWay }) => underWay))
    }
    return states.flatMap(takeNews)
  }
}

async function startLook(state: EyeState, signal: AbortSignal): Promise<void> {
  const observation = await state.eye.observe(signal)
  state.underWay = undefined
  state.news = observation
}

function takeNews(state: EyeState): EyeNews[] {
  const { news: observation, eye } = state
  state.news = undefined
  state.isLate = observation === undefined
  return observation ? [{ camera: eye.name, observation }] : []
}

/**
 * What all cameras saw in a round, as one observation: the first that sees, in the order of the configuration, with
 * the others beside it, which are judged together with it; where none sees, why the first does not. So nothing
 * changes by a camera that is blind, and a further one takes over where the first is.
 */
export function joinSights(
  lookAll: (signal: AbortSignal) => Promise<EyeNews[]>,
  names: readonly string[],
): (signal: AbortSignal) => Promise<Observation> {
  let underWay: Promise<Observation> | undefined
  const lookOnce = async (signal: AbortSignal): Promise<Observation> => {
    const news = await lookAll(signal)
    const inOrder = names.flatMap((name) => news.filter(({ camera }) => camera === name))
    const seen = inOrder.map(({ observation }) => observation).filter((one) => one.kind === 'seen')
    const [first, ...others] = seen
    const round = inOrder.map(({ camera, observation }) => lookOf(camera, observation))
    if (first) return { ...first, ...(others.length > 0 && { others }), round }
    const blind = inOrder[0]?.observation
    return {
      ...(blind ?? { kind: 'unseen', reason: 'camera-unreachable', detail: 'no camera answers' }),
      round,
    }
  }
  return (signal) => {
    underWay ??= lookOnce(signal).finally(() => {
      underWay = undefined
    })
    return underWay
  }
}
