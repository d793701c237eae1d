/** The end of a stream of bytes that is still of use. It grows to what is kept at a time and never further. */
export class ByteWindow {
  #buffer = Buffer.alloc(64 * 1024)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** What is kept; good until the next `append`. */
  get content(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  append(chunk: Uint8Array): void {
    const kept = this.length
    if (this.#end + chunk.byteLength > this.#buffer.length) {
      const isTooSmall = kept + chunk.byteLength > this.#buffer.length
      const roomy = isTooSmall ? Buffer.alloc(2 * (kept + chunk.byteLength)) : this.#buffer
      this.#buffer.copy(roomy, 0, this.#start, this.#end)
      this.#buffer = roomy
      this.#start = 0
      this.#end = kept
    }
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.byteLength
  }

  /** Forgets the first of the kept bytes. */
  drop(count: number): void {
    this.#start += Math.min(count, this.length)
  }
}
