// A list of numbers that grows at its end: 8 bytes a point, however many there come to be.
// Not a curve: what stands at the same place of several columns belongs together, and points.ts keeps it so.

export type Column = {
  readonly length: number
  push(value: number): void
  /** Throws RangeError outside. */
  at(index: number): number
  /** Keeps the first `length`. */
  cut(length: number): void
  /** What stands there now; not to be kept over a push. */
  values(): Float64Array
}

export const column = (): Column => {
  let store = new Float64Array(64)
  let length = 0
  return {
    get length() {
      return length
    },
    push(value) {
      if (length === store.length) {
        const larger = new Float64Array(2 * length)
        larger.set(store)
        store = larger
      }
      store[length++] = value
    },
    at(index) {
      if (index < 0 || index >= length) throw new RangeError(`${index} of ${length}`)
      return store[index] as number
    },
    cut(to) {
      length = Math.min(length, to)
    },
    values: () => store.subarray(0, length),
  }
}

/** The first place whose value is above `limit`, in ascending values. */
export const firstAbove = (values: Float64Array, limit: number): number => {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) > limit) high = middle
    else low = middle + 1
  }
  return low
}
