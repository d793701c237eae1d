import type { Defect } from '@layerwatch/shared/vocabulary.ts'
import { createMachine, shotOf } from '../simulator/machine.ts'
import { progressAt, secondsAtLayer } from '../simulator/plan.ts'
import type { RunSpec } from '../simulator/run.ts'
import { createStudio } from '../simulator/studio.ts'

/** A picture of the known print, at so many seconds of it. */
export interface KnownPicture {
  readonly jpeg: Uint8Array
  readonly atSeconds: number
  readonly layer: number
}

/** A print known to fail: good at first, spaghetti from a layer on. */
export interface KnownPrint {
  /** How it fails. */
  readonly defect: Defect
  /** Seconds at which it begins to fail. */
  readonly failsAtSeconds: number
  /** Its `index`th picture; undefined after its end. Each is drawn once, however many ask for it. */
  picture(index: number): Promise<KnownPicture | undefined>
}

/** One of the worlds of training, on which the shipped model gives the failure 0.99 and more. */
const spec: RunSpec = {
  world: 'train',
  seed: 6,
  run: 0,
  layers: 30,
  failures: [{ kind: 'spaghetti', layer: 12 }],
}
const size = { width: 640, height: 480 }
/** Good pictures before the failure begins: the gate and the judgement learn the view by them. */
const goodSeconds = 45
/** Longest time between two pictures: it is printed in minutes. */
const maxEverySeconds = 60

/** Opens the known print; a picture every `everySeconds` of it, a minute at most, drawn as it is asked for. */
export function openKnownPrint(everySeconds: number): KnownPrint {
  const machine = createMachine(spec, 'selftest')
  const { plan } = machine.run
  const studio = createStudio()
  const failsAtSeconds = secondsAtLayer(plan, 12)
  const drawn: Promise<KnownPicture>[] = []

  async function draw(atSeconds: number, before: Promise<unknown> | undefined): Promise<KnownPicture> {
    // A studio draws one picture after the other.
    await before
    const moment = { ...machine, printSeconds: atSeconds, upSeconds: atSeconds }
    const jpeg = await studio.render(spec, shotOf(moment), size)
    return { jpeg, atSeconds, layer: progressAt(plan, atSeconds).layer }
  }

  return {
    defect: 'spaghetti',
    failsAtSeconds,
    async picture(index) {
      while (drawn.length <= index) {
        const atSeconds =
          failsAtSeconds - goodSeconds + drawn.length * Math.min(everySeconds, maxEverySeconds)
        if (atSeconds >= plan.totalSeconds) return undefined
        drawn.push(draw(atSeconds, drawn.at(-1)))
      }
      return drawn[index]
    },
  }
}
