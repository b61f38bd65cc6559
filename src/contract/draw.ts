// Orders and noise that probes ask for by seed: both sides of the protocol draw them alike, so that engines can be compared.
// Nothing that trains draws from here.

/** A generator of uint32 for orders and noise that both sides of the protocol draw alike. Not for anything statistical. */
export const drawOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad) >>> 0
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97) >>> 0
    return (z ^ (z >>> 15)) >>> 0
  }
}

/** 0 … count−1 in an order of this seed. */
export const shuffledOrder = (count: number, seed: number): number[] => {
  const draw = drawOf(seed)
  const indices = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = draw() % (i + 1)
    const kept = indices[i] as number
    indices[i] = indices[j] as number
    indices[j] = kept
  }
  return indices
}
