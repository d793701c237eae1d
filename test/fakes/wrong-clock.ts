/** Loaded before a program, it sets the wall clock to the first of January 1970, where a Pi without a battery begins. */
const shiftMs = Date.now()
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...parts: [] | [number | string | Date]) {
    if (parts.length === 0) super(RealDate.now() - shiftMs)
    else super(parts[0])
  }

  static override now(): number {
    return RealDate.now() - shiftMs
  }
} as DateConstructor
