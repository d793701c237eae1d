import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { shippedSha256 } from '../../device/assess/rarities.ts'
import type { Camera, Frame } from '../../device/camera/camera.ts'
import type { Clock } from '../../device/clock.ts'
import type { Detector, FrameJudgement, PictureFigures } from '../../device/detector/detector.ts'
import type { Printer, PrinterStatus } from '../../device/printer/printer.ts'

interface Script {
  clock: Clock
  layerSeconds: number
  /** Score of the picture at so many seconds of printing. */
  score: (printSeconds: number) => number
  area?: (printSeconds: number) => number
  tellsLayer?: boolean
  tellsRun?: boolean
  jpeg?: Uint8Array
  /** Print seconds per second. */
  speed?: number
}

/** A print that runs on a given clock, its camera, and a detector that says what the script says. */
export class ScriptedPrint {
  readonly script: Script
  readonly acts: PrinterAction[] = []
  state: PrinterState = 'printing'
  /** Tells this run of the job from the next. */
  runId = '1'
  isReachable = true
  /** Says its state in a word nobody knows. */
  isUnclear = false
  isCameraThere = true
  /** What happens when the printer is asked for something; by default it does it. */
  onAct: (action: PrinterAction) => void = (action) => this.obey(action)
  #printedMs = 0
  #sinceMs: number

  constructor(script: Script) {
    this.script = script
    this.#sinceMs = script.clock.nowMs()
  }

  get printSeconds(): number {
    const runningMs = this.state === 'printing' ? this.script.clock.nowMs() - this.#sinceMs : 0
    return (this.#printedMs + runningMs * (this.script.speed ?? 1)) / 1000
  }

  get layer(): number {
    return Math.floor(this.printSeconds / this.script.layerSeconds) + 1
  }

  obey(action: PrinterAction): void {
    const states = { pause: 'paused', resume: 'printing', cancel: 'cancelled' } as const
    this.set(states[action])
  }

  set(state: PrinterState): void {
    this.#printedMs = this.printSeconds * 1000
    this.#sinceMs = this.script.clock.nowMs()
    this.state = state
  }

  readonly printer: Printer = {
    probe: async () => ({ description: 'script', actions: ['pause', 'resume', 'cancel'], limits: [] }),
    status: async () => {
      if (!this.isReachable) throw new UnavailableError('gone')
      if (this.isUnclear) throw new ProtocolError('an unknown state')
      return this.#status()
    },
    watch: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    act: async (action) => {
      if (!this.isReachable) throw new UnavailableError('gone')
      this.acts.push(action)
      this.onAct(action)
    },
    file: async () => undefined,
  }

  readonly camera: Camera = {
    description: 'script',
    capture: async (): Promise<Frame> => {
      if (!this.isCameraThere) throw new UnavailableError('no camera')
      return {
        jpeg: this.script.jpeg ?? new Uint8Array([0xff, 0xd8]),
        capturedAtMs: this.script.clock.nowMs(),
      }
    },
    close: async () => {},
  }

  readonly detector: Detector = {
    backend: 'onnx',
    modelSha256: shippedSha256,
    judge: async () =>
      judgementOf(this.script.score(this.printSeconds), this.script.area?.(this.printSeconds)),
    close: async () => {},
  }

  #job(): NonNullable<PrinterStatus['job']> {
    const name = 'vase.gcode'
    return this.script.tellsRun === false ? { name } : { name, runId: this.runId }
  }

  #status(): PrinterStatus {
    const status: PrinterStatus = { state: this.state, printSeconds: this.printSeconds }
    if (this.script.speed) status.timeScale = this.script.speed
    if (!['idle', 'offline'].includes(this.state)) status.job = this.#job()
    if (this.script.tellsLayer !== false) status.layer = this.layer
    return status
  }
}

/** What a detector would say: one map of 100 cells, of which `area` are as likely failing as the frame. */
export function judgementOf(score: number, area = 0.1): FrameJudgement {
  const cells = new Float32Array(100).fill(Math.min(score, 0.01))
  cells.fill(score, 0, Math.round(area * 100))
  return {
    score,
    detections: score > 0.5 ? [{ label: 'spaghetti', score, box: [0.2, 0.2, 0.3, 0.3] }] : [],
    maps: [
      { label: 'failure', width: 10, height: 10, cells },
      { label: 'spaghetti', width: 10, height: 10, cells },
    ],
    figures: clearFigures,
    decodeMs: 1,
    inferMs: 1,
  }
}

export const clearFigures: PictureFigures = {
  width: 640,
  height: 480,
  brightness: 120,
  darkShare: 0,
  brightShare: 0,
  sharpness: 300,
  fineness: 0.24,
  thumbnail: new Uint8Array(4096),
}
