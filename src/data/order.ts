// The order of samples, a function of (seed, stream, epoch): no generator to save, a resume in mid-epoch costs nothing.
import { hashName, philox, seedWords } from '../tensor/philox.ts'

/** A random permutation of 0 … n−1 (Fisher & Yates; Durstenfeld 1964), the same for the same arguments. */
export const permutation = (n: number, seed: number, stream: string, epoch: number): Uint32Array => {
  const key = seedWords(seed)
  const [low, high] = [hashName(stream), hashName(stream, 1)]
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  let words: readonly number[] = []
  for (let i = n - 1, drawn = 0; i > 0; i--, drawn++) {
    if (drawn % 4 === 0) words = philox([drawn / 4, epoch, low, high], key)
    // 32 random bits × (i + 1) / 2³²: the bias is below n / 2³²
    const j = Math.floor(((words[drawn % 4] as number) * (i + 1)) / 2 ** 32)
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return order
}
