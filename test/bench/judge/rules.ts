import type { Glimpse, Rule } from './rule.ts'

/*
 * The rules of the other projects, each written from its public description. All of them get the scores of the
 * same detector, Layerwatch's: what is compared is how each decides, not what each sees.
 */

/** The simplest of all: one frame that is more likely failing than not. */
export const oneFrame: Rule = {
  name: 'one frame',
  page: 'the baseline of the field; no project in particular',
  documented: 0.5,
  start: () => (frame) => frame.score,
}

/** Three frames in a row at or above the threshold; one below begins the count anew. */
export const printGuard: Rule = {
  name: '3 in a row (PrintGuard)',
  page: 'https://github.com/oliverbravery/PrintGuard/blob/main/docs/monitoring.md',
  documented: 0.75,
  start: () => {
    const last = new Recent(3)
    return ({ score }) => {
      last.add(score)
      return last.isFull ? last.ranked(3) : 0
    }
  },
}

/** Kept by Obico: a frame every so many seconds, means over so many frames, none decided on at first. */
const obicoFrames = { everySeconds: 10, span: 12, short: 310, long: 7200, safe: 30 }
const obicoThresholds = { low: 0.38, high: 0.78, shortMultiple: 3.8, escalation: 1.75 }

/**
 * An exponential mean of the score above the printer's long mean, held against two fixed thresholds and, between
 * them, against the short mean; pausing asks 1.75 times as much as warning. The number here is the sensitivity a
 * frame could be divided by and still pause, so the documented 1 is the default of that setting. The long mean
 * goes on from the printer's prints before, as it does there.
 */
export const obico: Rule = {
  name: 'exponential mean (Obico)',
  page: 'https://github.com/TheSpaghettiDetective/obico-server, backend/app/api and backend/config/settings.py',
  documented: 1,
  start: (usualScore) => {
    let [count, fast, short, long] = [0, 0, 0, usualScore]
    let lastSeconds = -Infinity
    return ({ atSeconds, score }) => {
      if (atSeconds - lastSeconds < obicoFrames.everySeconds - 1e-6) return 0
      lastSeconds = atSeconds
      count++
      fast += (2 / (obicoFrames.span + 1)) * (score - fast)
      short += (score - short) / Math.min(obicoFrames.short, count + 1)
      long += (score - long) / obicoFrames.long
      if (count < obicoFrames.safe) return 0
      const { low, high, shortMultiple, escalation } = obicoThresholds
      return (fast - long) / (escalation * Math.max(low, Math.min(high, shortMultiple * (short - long))))
    }
  },
}

/** Of the last ten frames, so many must agree, at places no farther apart than this (share of the frame). */
const bambu = { of: 10, enough: 5, withinShare: 0.16 }

/**
 * Enough of the latest ten frames are candidates and lie at the same place. The page names ten frames, but neither
 * how many are enough nor how near: half of them and three cells, 0.16 of the frame, stand in here.
 */
export const bambuLab: Rule = {
  name: `${bambu.enough} of ${bambu.of}, same place (Bambu Lab)`,
  page: 'https://wiki.bambulab.com/en/knowledge-sharing/Spaghetti_detection',
  documented: 0.5,
  start: () => {
    const last: Glimpse[] = []
    return (frame) => {
      last.push(frame)
      if (last.length > bambu.of) last.shift()
      const near = new Recent(bambu.of)
      for (const one of last) if (isNear(one, frame)) near.add(one.score)
      return near.count < bambu.enough ? 0 : near.ranked(bambu.enough)
    }
  },
}

function isNear({ place: a }: Glimpse, { place: b }: Glimpse): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) <= bambu.withinShare
}

const nozCam = { count: 2, withinSeconds: 300 }

/** Two failing frames within 300 seconds, wherever they are. */
export const piNozCam: Rule = {
  name: '2 in 300 s (PiNozCam)',
  page: 'https://github.com/DrAlexLiu/OctoPrint-PiNozCam: Max Failure Count and Failure Consider Time',
  documented: 0.87,
  start: () => {
    const last: { atSeconds: number; score: number }[] = []
    return ({ atSeconds, score }) => {
      while ((last[0]?.atSeconds ?? Infinity) <= atSeconds - nozCam.withinSeconds) last.shift()
      last.push({ atSeconds, score })
      return secondHighest(last)
    }
  },
}

function secondHighest(frames: readonly { score: number }[]): number {
  let [first, second] = [0, 0]
  for (const { score } of frames) {
    if (score > first) [first, second] = [score, first]
    else if (score > second) second = score
  }
  return second
}

/** Weights of healthy and unhealthy detections, and the window of the line. */
const nanny = { healthy: 1, unhealthy: 0.5, windowSeconds: 300, minFrames: 5 }

/**
 * A straight line through the running sum of healthy minus unhealthy scores, over a window of five minutes: a
 * print whose line falls is failing. Its detector names intact prints too; here what is not failing is healthy.
 * The number is how steeply the sum falls a frame.
 */
export const printNanny: Rule = {
  name: 'slope of health (Print Nanny)',
  page: 'https://github.com/bitsy-ai/octoprint-nanny-dataflow, transforms/health.py',
  documented: 0,
  start: () => {
    const last: { atSeconds: number; health: number }[] = []
    return ({ atSeconds, score }) => {
      while ((last[0]?.atSeconds ?? Infinity) <= atSeconds - nanny.windowSeconds) last.shift()
      last.push({ atSeconds, health: nanny.healthy * (1 - score) - nanny.unhealthy * score })
      return last.length < nanny.minFrames ? -1 : -slopeOfSum(last)
    }
  },
}

/** Least-squares slope a frame of the running sum. */
function slopeOfSum(frames: readonly { health: number }[]): number {
  const middle = (frames.length - 1) / 2
  let [sum, covered, spread] = [0, 0, 0]
  frames.forEach(({ health }, at) => {
    sum += health
    covered += (at - middle) * sum
    spread += (at - middle) ** 2
  })
  return covered / spread
}

export const rules: readonly Rule[] = [oneFrame, printGuard, obico, bambuLab, piNozCam, printNanny]

/** The last few numbers, and the k-th highest of them. */
class Recent {
  readonly #size: number
  readonly #values: number[] = []

  constructor(size: number) {
    this.#size = size
  }

  get count(): number {
    return this.#values.length
  }

  get isFull(): boolean {
    return this.#values.length === this.#size
  }

  add(value: number): void {
    this.#values.push(value)
    if (this.#values.length > this.#size) this.#values.shift()
  }

  /** The k-th highest value, k = 1 the highest; 0 where there are fewer. */
  ranked(k: number): number {
    return this.#values.toSorted((a, b) => b - a)[k - 1] ?? 0
  }
}
