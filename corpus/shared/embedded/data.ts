// Small data that are the same in every process: patterns to be told apart, a curve to be fitted, sentences to be continued.
// No experiment of its own.
import { arrays } from 'gonogo/data'

/** Numbers in −0.5 … 0.5 that look random. */
export const noise = (i: number): number => {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453
  return x - Math.floor(x) - 0.5
}

/** An order of 0 … count − 1 that looks random. */
export const order = (count: number, key: number): number[] =>
  Array.from({ length: count }, (_, i) => i).sort((a, b) => noise(key + 7 * a) - noise(key + 7 * b))

export const classes = 4
export const size = 36

export type Raw = { readonly input: Float32Array; readonly label: Int32Array }

/** One pattern of 36 values a class, under noise. */
export const patterns = (count: number, first: number): Raw => {
  const input = new Float32Array(count * size)
  const label = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const kind = Math.min(classes - 1, Math.floor((noise(first + 31 * i) + 0.5) * classes))
    label[i] = kind
    for (let at = 0; at < size; at++)
      input[i * size + at] = 2.5 * noise(1000 * kind + at) + 2.5 * noise(first + 100_000 + i * size + at)
  }
  return { input, label }
}

export const rows = ({ input, label }: Raw) => arrays({ input, label }, { input: { shape: [size] } })

/** The samples of these numbers. */
export const take = ({ input, label }: Raw, chosen: readonly number[]): Raw => ({
  input: Float32Array.from(chosen.flatMap((i) => [...input.subarray(i * size, (i + 1) * size)])),
  label: Int32Array.from(chosen, (i) => label[i] as number),
})

export const both = () => ({ train: rows(patterns(400, 0)), val: rows(patterns(203, 50_000)) })

/** Three numbers → 3ab + sin 3c + 0.5. */
export const curve = (count: number, first: number) => {
  const input = new Float32Array(3 * count)
  const target = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const [a, b, c] = [0, 1, 2].map((at) => 2 * noise(first + 3 * i + at)) as [number, number, number]
    input.set([a, b, c], 3 * i)
    target[i] = 3 * a * b + Math.sin(3 * c) + 0.5
  }
  return arrays({ input, target }, { input: { shape: [3] }, target: { shape: [1] } })
}

export const curves = () => ({ train: curve(320, 0), val: curve(103, 50_000) })

export const vocabulary = 12
export const time = 8

/** Sentences in which a word mostly fixes the next one: words and those that follow them. */
export const sentences = (count: number, first: number) => {
  const words = new Int32Array(count * time)
  const next = new Int32Array(count * time)
  for (let i = 0; i < count; i++) {
    let word = Math.floor((noise(first + i) + 0.5) * vocabulary)
    for (let at = 0; at < time; at++) {
      words[i * time + at] = word
      const drawn = noise(first + 10_000 + i * time + at) > 0.4
      word = drawn
        ? Math.floor((noise(first + 20_000 + i * time + at) + 0.5) * vocabulary)
        : (5 * word + 7) % vocabulary
      next[i * time + at] = word
    }
  }
  return arrays({ words, next }, { words: { shape: [time], dtype: 'int32' }, next: { shape: [time], dtype: 'int32' } })
}
