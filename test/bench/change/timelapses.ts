import type { GreyPicture } from '../../../device/assess/grey.ts'
import { findUsable, type RealFrame, readSequences } from './real.ts'
import { sensePrint } from './sense.ts'

/*
 * Three whole real prints, about a picture a layer: whether growth is seen, and whether the sense finds the same
 * print when its part stops growing half way, the part of the middle picture put into each later one.
 */

/** Where the part stands at the end of each print, 0..1 of the frame, read off by eye: left, top, right, bottom. */
const partBoxes: Readonly<Record<string, readonly [number, number, number, number]>> = {
  red: [0.36, 0.58, 0.62, 0.9],
  'green-a': [0.38, 0.66, 0.62, 0.95],
  'green-b': [0.33, 0.66, 0.62, 0.95],
}
/** Seconds a layer is said to take: the pictures tell no time. */
const layerSeconds = 45
/** Pixels of growth that count as seen. */
const seenGrowth = 20
const inTimeLayers = 5

export interface TimelapseFigures {
  readonly name: string
  readonly layers: number
  /** Layers from the first that was measured on, and those of them in which growth was seen. */
  readonly measuredLayers: number
  readonly grownLayers: number
  readonly warnedAtLayer?: number | undefined
  readonly warnedOf?: string | undefined
  /** Layers from the one that froze to the warning, in the same print frozen. */
  readonly frozenFoundAfter?: number | undefined
}

export async function senseTimelapses(framesDir: string): Promise<TimelapseFigures[]> {
  const prints = await readSequences(framesDir, 'timelapseplus')
  return [...prints].map(([name, frames]) => {
    const isUsable = findUsable(frames, layerSeconds)
    const { reports, warnedAtLayer, warnedOf } = sensePrint(toLayers(frames, isUsable), layerSeconds)
    const first = reports.findIndex(({ measures }) => measures?.grown !== undefined)
    const measured = first < 0 ? [] : reports.slice(first)
    const middle = frames.length >> 1
    const frozen = sensePrint(toLayers(freeze(name, frames, middle), isUsable), layerSeconds)
    const after = frozen.warnedAtLayer === undefined ? undefined : frozen.warnedAtLayer - (middle + 1)
    return {
      name,
      layers: frames.length,
      measuredLayers: measured.length,
      grownLayers: measured.filter(({ measures }) => (measures?.grown ?? 0) >= seenGrowth).length,
      warnedAtLayer,
      warnedOf,
      frozenFoundAfter: after !== undefined && after > 0 ? after : undefined,
    }
  })
}

/** The pictures as layers, but those the agent would not judge. */
function toLayers(frames: readonly RealFrame[], isUsable: readonly boolean[]) {
  return frames
    .map(({ picture }, i) => ({ layer: i + 1, seconds: i * layerSeconds, picture }))
    .filter((_frame, i) => isUsable[i])
}

function freeze(name: string, frames: readonly RealFrame[], middle: number): RealFrame[] {
  const still = frames[middle]?.picture
  const box = partBoxes[name]
  if (!still || !box) throw new Error(`nobody read off where the part of ${name} stands`)
  return frames.map((frame, i) =>
    i <= middle ? frame : { ...frame, picture: putPart(frame.picture, still, box) },
  )
}

function putPart(
  into: GreyPicture,
  { luma }: GreyPicture,
  box: readonly [number, number, number, number],
): GreyPicture {
  const { width, height } = into
  const [left, right] = [Math.round(box[0] * width), Math.round(box[2] * width)]
  const [top, bottom] = [Math.round(box[1] * height), Math.round(box[3] * height)]
  const put = into.luma.slice()
  for (let y = top; y < bottom; y++) {
    put.set(luma.subarray(y * width + left, y * width + right), y * width + left)
  }
  return { ...into, luma: put }
}

export function describeTimelapse(figures: TimelapseFigures): string {
  const { name, layers, measuredLayers, grownLayers, warnedAtLayer, warnedOf, frozenFoundAfter } = figures
  const warned =
    warnedAtLayer === undefined ? 'no warning' : `warned of ${warnedOf} at layer ${warnedAtLayer}`
  const frozen = frozenFoundAfter === undefined ? 'not found' : `found after ${frozenFoundAfter} layers`
  const inTime = (frozenFoundAfter ?? Infinity) <= inTimeLayers ? ', in time' : ''
  return `timelapse ${name}: ${layers} layers, growth seen in ${grownLayers} of ${measuredLayers} measured; ${warned}; frozen from its middle: ${frozen}${inTime}`
}
