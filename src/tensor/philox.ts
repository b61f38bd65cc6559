// Philox4x32-10, a counter-based generator, on plain numbers: for initialisers and as the reference of the graph's.
// Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3". Stateless: same counter, same words.

export type Counter = readonly [number, number, number, number]
export type Key = readonly [number, number]

export const philoxConstants = {
  multiply: [0xd2511f53, 0xcd9e8d57],
  weyl: [0x9e3779b9, 0xbb67ae85],
  rounds: 10,
} as const

/** High 32 bits of a 32 × 32 bit product. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = (middle & 0xffff) + aLow * bHigh
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0
}

/** Four uint32 words for a counter and a key. */
export function philox([c0, c1, c2, c3]: Counter, [k0, k1]: Key): [number, number, number, number] {
  const [m0, m1] = philoxConstants.multiply
  const [w0, w1] = philoxConstants.weyl
  let [a, b, c, d, key0, key1] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0, k0 >>> 0, k1 >>> 0]
  for (let round = 0; round < philoxConstants.rounds; round++) {
    const [high0, low0] = [multiplyHigh(a, m0), Math.imul(a, m0) >>> 0]
    const [high1, low1] = [multiplyHigh(c, m1), Math.imul(c, m1) >>> 0]
    ;[a, b, c, d] = [(high1 ^ b ^ key0) >>> 0, low1, (high0 ^ d ^ key1) >>> 0, low0]
    key0 = (key0 + w0) >>> 0
    key1 = (key1 + w1) >>> 0
  }
  return [a, b, c, d]
}

/** The two words of a seed, a whole number below 2⁵³, low word first. */
export const seedWords = (seed: number): [number, number] => [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]

/** FNV-1a of a name, 32 bits, then mixed (murmur3's finaliser) so that short names differ in every bit. */
export function hashName(name: string, salt = 0): number {
  let hash = (0x811c9dc5 ^ salt) >>> 0
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** 2⁻²⁴: a uniform is a word's top 24 bits times this, so every value is exact in float32. */
export const uniformScale = 2 ** -24
