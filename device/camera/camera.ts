/** One picture as the camera gave it. */
export interface Frame {
  /** JPEG, at most 12 megapixels; not decoded yet, so it may be broken. */
  jpeg: Uint8Array
  /** `performance.now()` of this process when the picture was taken, as near as the camera tells. */
  capturedAtMs: number
}

/**
 * A camera. Frames are never queued: `capture` gives a picture taken after the last one it gave, the newest
 * there is.
 */
export interface Camera {
  /** What it is, in a person's words, such as `MJPEG stream at http://octopi.local/webcam`. No credentials. */
  readonly description: string
  /**
   * @throws UnavailableError where there is no picture now (gone, slow, no new frame).
   * @throws ProtocolError where what came is no picture (not a JPEG, too large, cut off).
   * @throws RejectedError where the camera refused us (login).
   */
  capture(signal: AbortSignal): Promise<Frame>
  close(): Promise<void>
}

/** Longest side and area above which a frame is refused before it is decoded. */
export const maxFramePixels = 12_000_000
/** Largest JPEG accepted from any camera. */
export const maxFrameBytes = 8 * 1024 * 1024
