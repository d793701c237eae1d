import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Detector } from '../../../device/detector/detector.ts'
import type { LabelledFrame } from './frames.ts'
import { type Answers, type LogOddsMap, scoreOf, toLogOdds } from './picture.ts'
import { recallMaps, type ScoreCache } from './score-cache.ts'

const judgeTimeoutMs = 30_000

/** A labelled frame and what the detector said of it. */
export interface ScoredFrame extends LabelledFrame {
  readonly map: LogOddsMap
  /** Log-odds of the frame as a whole. */
  readonly score: number
}

export interface Scoring {
  readonly answers: Answers
  readonly cache: ScoreCache
  readonly framesDir: string
  /** Opened only where something is not in the cache. */
  readonly openDetector: () => Promise<Detector>
  readonly say: (progress: string) => void
}

/** Scores real frames with the real detector. */
export async function scoreFrames(
  frames: readonly LabelledFrame[],
  scoring: Scoring,
): Promise<ScoredFrame[]> {
  const { answers, cache, framesDir, openDetector, say } = scoring
  let done = 0
  const maps = await recallMaps(
    cache,
    { shelf: 'frames', names: frames.map(({ file }) => file), answers },
    async (file) => {
      if (++done % 100 === 0) say(`${done} real frames scored`)
      const detector = await openDetector()
      const jpeg = await readFile(path.join(framesDir, file))
      return toLogOdds(await detector.judge(jpeg, AbortSignal.timeout(judgeTimeoutMs)), answers)
    },
  )
  return frames.map((frame) => {
    const map = maps.get(frame.file)
    if (!map) throw new Error(`${frame.file} was not scored`)
    return { ...frame, map, score: scoreOf(map, answers) }
  })
}
