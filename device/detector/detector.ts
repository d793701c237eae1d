import type { Defect, Detection } from '@layerwatch/shared/vocabulary.ts'

/** A map of one defect over the frame, row by row from the upper left. */
export interface DefectMap {
  label: Defect
  width: number
  height: number
  /** Calibrated probability per cell, 0..1. */
  cells: Float32Array
}

/** Figures of the picture itself, from the decoded frame; `camera/quality.ts` judges by them over time. */
export interface PictureFigures {
  /** Size before it was scaled to the detector's input, in pixels. */
  width: number
  height: number
  /** Mean luma 0..255, and the share of pixels below 16 and above 239. */
  brightness: number
  darkShare: number
  brightShare: number
  /** Variance of the Laplacian of the luma at 320×320: low where the picture is blurred or empty. */
  sharpness: number
  /** `sharpness` over the same at 160×160: falls as focus is lost, whatever the light; 0 where there is no detail. */
  fineness: number
  /** Luma at 64×64, row by row: tells frozen and moved pictures. */
  thumbnail: Uint8Array
  /** Luma at the detector's input size, row by row: what the sense of change compares from layer to layer. */
  grey?: { width: number; height: number; luma: Uint8Array }
}

/** What the detector says of one frame. */
export interface FrameJudgement {
  /** Calibrated probability that the frame shows a failing print, at even odds before looking. */
  score: number
  /** Boxes taken from the maps, highest score first. */
  detections: Detection[]
  maps: DefectMap[]
  figures: PictureFigures
  /** Time spent in decoding and in the network. */
  decodeMs: number
  inferMs: number
}

/** `onnx-int8` runs weights of its own on ONNX Runtime; the others compute one function. */
export type BackendName = 'onnx-int8' | 'onnx' | 'tfjs-node' | 'tfjs-wasm'

/** One model on one runtime, in a worker thread; shared by all printers, one frame at a time. */
export interface Detector {
  readonly backend: BackendName
  readonly modelSha256: string
  /**
   * @throws ProtocolError where the bytes are no picture or one too large to decode.
   * @throws UnavailableError where the worker died; the next call starts a new one.
   */
  judge(jpeg: Uint8Array, signal: AbortSignal): Promise<FrameJudgement>
  close(): Promise<void>
}

/** What loads one runtime: maps raw input pixels to raw output logits. Lives inside the worker. */
export interface Backend {
  readonly name: BackendName
  /** Input `[1, height, width, 3]` float32 RGB 0..255; output `[1, rows, columns, labels]` logits. */
  infer(input: Float32Array): Promise<Float32Array>
  close(): Promise<void>
}
