// Whether one element of the inputs is the target, up to a scale and an offset, in every sample.
// Only numbers are compared; what it means is D4's.
import type { Survey } from '../../contract/index.ts'
import { type BatchArray, type Field, sizeOf } from '../../data/dataset.ts'
import type { LookedThrough } from '../../tensor/compile.ts'

type Part = { readonly values: BatchArray; readonly size: number }

/** Samples that are compared, and fewer than which say nothing; elements of an input that are looked at. */
const [most, fewest, widest] = [1024, 32, 4096]
/** So many samples must differ from the commonest target: two rare events fall together by chance. */
const varied = 8

/** Of inputs of two elements or more: a line through one feature may be all there is to be learnt. */
export const answerOf = (input: Part, target: Part, samples: number): Survey['answer'] => {
  const { size } = input
  if (target.size !== 1 || size < 2 || size > widest || samples < fewest) return null
  const rows = Math.min(samples, most)
  // evenly spaced: what is sorted begins with one class
  const at = Array.from({ length: rows }, (_, i) => Math.floor((i * samples) / rows))
  const wanted = at.map((row) => target.values[row] as number)
  if (!wanted.every(Number.isFinite) || isNearlyConstant(wanted)) return null
  for (let element = 0; element < size; element++) {
    const given = at.map((row) => input.values[row * size + element] as number)
    if (isSame(given, wanted)) return { at: element, of: size, samples: rows }
  }
  return null
}

/** What is asked for: the field of the task, or of a custom task the only one that the loss takes and no output hangs on. */
export const askedAndGiven = (
  fields: readonly Field[],
  seen: LookedThrough | null,
  input: Field | undefined,
  target: Field | undefined,
): { readonly target: Field; readonly inputs: readonly Field[] } | null => {
  if (target) return input ? { target, inputs: [input] } : null
  if (!seen?.outputs) return null
  const { loss, outputs } = seen
  // beside a target there are weights, masks and exposures, which may well stand among the inputs too
  const [only, ...others] = fields.filter(({ name }) => loss.has(name) && !outputs.has(name))
  if (!only || others.length > 0 || sizeOf(only.shape) !== 1) return null
  return { target: only, inputs: fields.filter(({ name }) => outputs.has(name)) }
}

const isNearlyConstant = (values: readonly number[]): boolean => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return values.length - Math.max(...counts.values()) < varied
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const isSame = (a: readonly number[], b: readonly number[]): boolean => {
  const [ma, mb] = [mean(a), mean(b)]
  let [both, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - ma, (b[i] as number) - mb]
    both += x * y
    aa += x * x
    bb += y * y
  }
  return aa > 0 && bb > 0 && both ** 2 >= (1 - 1e-8) * aa * bb
}
