/** One part of a stream that is meant to be a picture. */
export interface StreamPart {
  /** A view on the stream's buffer: good until the next `push`. */
  readonly bytes: Uint8Array
  /** When its first byte came, on the clock of `push`. */
  readonly beganAtMs: number
}

/** Cuts a stream of bytes into pictures. */
export interface PictureCutter {
  /**
   * Takes in what came at `nowMs` and gives the last part that is complete by it, if any: older ones are of no
   * use.
   * @throws ProtocolError where a part is too large or has no end.
   */
  push(chunk: Uint8Array, nowMs: number): StreamPart | undefined
}
