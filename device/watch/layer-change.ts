import { type ChangeState, nothingSeen, seeChange } from '../assess/change.ts'
import type { LayerEvidence } from '../assess/evidence.ts'
import type { GreyPicture } from '../assess/grey.ts'
import type { Observation } from './watch.ts'

/** One usable picture, placed in its print. */
export interface LayerPicture {
  readonly layer: number
  /** Seconds of printing when it was taken. */
  readonly atSeconds: number
  readonly picture: GreyPicture
}

/**
 * The second sense of one print: fed with each picture, it speaks of a layer when the next one begins. It keeps the
 * pictures of one camera, for another one's would look like a part that moved.
 */
export class LayerSense {
  #state: ChangeState = nothingSeen
  #layer = 0
  /** Whose pictures it keeps; undefined before the first, `''` where the printer has but one camera. */
  #camera: string | undefined

  /** What the layer that ended with this round of pictures showed; nothing where none did. */
  take(seen: Observation, at: { layer: number; atSeconds: number }): readonly LayerEvidence[] {
    const picture = this.#pictureOf(seen)
    return picture ? this.see({ ...at, picture }) : []
  }

  /** The same of one picture. */
  see(placed: LayerPicture): readonly LayerEvidence[] {
    // Another object of the same job begins on the bed, or the layers are counted anew: both are another part.
    if (placed.layer < this.#layer) this.#state = nothingSeen
    this.#layer = placed.layer
    const [state, report] = seeChange(this.#state, placed)
    this.#state = state
    return report?.evidence ?? []
  }

  /** Begins anew: another print, or one whose part a person may have touched. */
  forget(): void {
    this.#state = nothingSeen
    this.#layer = 0
  }

  #pictureOf(seen: Observation): GreyPicture | undefined {
    if (seen.kind !== 'seen') return undefined
    this.#camera ??= seen.camera ?? ''
    const own = [seen, ...(seen.others ?? [])].find(({ camera = '' }) => camera === this.#camera)
    return own?.judgement.figures.grey
  }
}
