const startOfScan = 0xda
const endOfImage = Buffer.from([0xff, 0xd9])
const startOfImage = Buffer.from([0xff, 0xd8])
/** Segments of tables and the like before the picture itself; a thumbnail may fill one or two of 64 kB. */
const maxHeadBytes = 512 * 1024

/**
 * Finds where a JPEG ends while it is still coming in: walks the segments up to the first scan by their told
 * lengths, so that a thumbnail among them does not count, and then looks for the end marker, which a scan can't
 * hold. https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
 */
export class JpegEnd {
  /** Where the next segment begins; within the scan, up to where it was searched. */
  #at = 2
  #isInScan = false
  #brokenAt: number | undefined

  /** From where on it is no JPEG any more, once that is plain; the next picture may begin there. */
  get brokenAt(): number | undefined {
    return this.#brokenAt
  }

  /** Takes all that came of the picture up to now; gives its length, once all of it is there. */
  find(bytes: Buffer): number | undefined {
    if (!this.#isInScan) this.#walkHead(bytes)
    if (!this.#isInScan || this.#brokenAt !== undefined) return undefined
    const at = bytes.indexOf(endOfImage, this.#at)
    // A picture that begins within the scan: this one was cut off.
    const next = bytes.subarray(0, at < 0 ? bytes.length : at).indexOf(startOfImage, this.#at)
    if (next >= 0) this.#brokenAt = next
    // The first byte of a marker may be the last that came.
    this.#at = Math.max(this.#at, bytes.length - 1)
    return at < 0 || next >= 0 ? undefined : at + endOfImage.length
  }

  #walkHead(bytes: Buffer): void {
    if (bytes.length >= 2 && bytes.readUInt16BE(0) !== 0xffd8) this.#brokenAt = 0
    while (this.#brokenAt === undefined && !this.#isInScan && this.#at + 4 <= bytes.length) {
      const marker = bytes[this.#at + 1] ?? 0
      if (bytes[this.#at] !== 0xff || this.#at > maxHeadBytes) this.#brokenAt = this.#at
      else if (marker === startOfScan) this.#isInScan = true
      else if (marker === 0xff) this.#at += 1
      else this.#at += 2 + bytes.readUInt16BE(this.#at + 2)
    }
  }
}
