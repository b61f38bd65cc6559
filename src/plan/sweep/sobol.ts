// Sobol points, scrambled: they fill a space more evenly than random ones, at every power of two.
// Not a general generator: 25 dimensions and 2^30 points are more than a sweep has.

/**
 * Degree, polynomial, initial numbers: dimensions 2 to 25 of new-joe-kuo-6.21201.
 * S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008).
 */
const joeKuo: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
  [7, 7, [1, 1, 3, 13, 7, 35, 63]],
  [7, 8, [1, 3, 5, 9, 1, 25, 53]],
  [7, 14, [1, 3, 1, 13, 9, 35, 107]],
  [7, 19, [1, 3, 1, 5, 27, 61, 31]],
]

export const sobolDimensions = joeKuo.length + 1

const bits = 32

/** Direction numbers of one dimension, the first with the highest bit. */
const directions = (dimension: number): number[] => {
  if (dimension === 0) return Array.from({ length: bits }, (_, i) => (1 << (bits - 1 - i)) >>> 0)
  const [degree, polynomial, initial] = joeKuo[dimension - 1]!
  const v = initial.map((m, i) => (m << (bits - 1 - i)) >>> 0)
  for (let i = degree; i < bits; i++) {
    let next = v[i - degree]! ^ (v[i - degree]! >>> degree)
    for (let k = 1; k < degree; k++) if ((polynomial >>> (degree - 1 - k)) & 1) next ^= v[i - k]!
    v.push(next >>> 0)
  }
  return v
}

/** Coordinate `dimension` of point `index` in 32 bits, not scrambled. In Gray-code order: 2^k points are the same set. */
export const sobol = (dimension: number): ((index: number) => number) => {
  const v = directions(dimension)
  return (index) => {
    const gray = index ^ (index >>> 1)
    let x = 0
    for (let bit = 0; bit < bits; bit++) if ((gray >>> bit) & 1) x ^= v[bit]!
    return x >>> 0
  }
}

const reversed = (x: number): number => {
  let y = x
  y = ((y >>> 1) & 0x55555555) | ((y & 0x55555555) << 1)
  y = ((y >>> 2) & 0x33333333) | ((y & 0x33333333) << 2)
  y = ((y >>> 4) & 0x0f0f0f0f) | ((y & 0x0f0f0f0f) << 4)
  y = ((y >>> 8) & 0x00ff00ff) | ((y & 0x00ff00ff) << 8)
  return ((y >>> 16) | (y << 16)) >>> 0
}

/** Owen's scrambling by a hash: B. Burley, "Practical Hash-based Owen Scrambling", J. Comput. Graph. Tech. 9 (2020), listing 3. */
export const scrambled = (x: number, seed: number): number => {
  let y = (reversed(x) + seed) >>> 0
  y ^= Math.imul(y, 0x6c50b47c)
  y ^= Math.imul(y, 0xb82f1e52)
  y ^= Math.imul(y, 0xc7afe638)
  y ^= Math.imul(y, 0x8d22f6e6)
  return reversed(y >>> 0)
}
