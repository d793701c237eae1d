/** A list of equal records of numbers that grows without an object each. */
export type Floats = { data: Float32Array; stride: number; count: number }

export function createFloats(stride: number): Floats {
  return { data: new Float32Array(stride * 1024), stride, count: 0 }
}

/** Appends one record; missing numbers are 0. */
export function push(floats: Floats, ...record: number[]): void {
  const offset = floats.count * floats.stride
  if (offset + floats.stride > floats.data.length) {
    const larger = new Float32Array(floats.data.length * 2)
    larger.set(floats.data)
    floats.data = larger
  }
  floats.data.set(record, offset)
  floats.count++
}
