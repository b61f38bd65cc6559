// Which positions of a batch are padding, as the batch itself says: a mask, or lengths.
// Not whether anything heeds it: that is what a check asks.
import type { BatchArray, Field } from '../../data/dataset.ts'

type Arrays = ReadonlyMap<string, BatchArray>

/** Field → whether 1 means padding there. */
const masks: ReadonlyMap<string, boolean> = new Map([
  ['attention_mask', false],
  ['mask', false],
  ['padding_mask', true],
  ['key_padding_mask', true],
  ['src_key_padding_mask', true],
])
const lengths: ReadonlySet<string> = new Set(['length', 'lengths', 'input_lengths'])

export type Padding = { readonly field: string; readonly length: number; readonly isPadding: Uint8Array }

/** Null where no field says. A plain `mask` counts only where it is ones and then zeros: other masks are called so too. */
export const paddingOf = (arrays: Arrays, fields: readonly Field[], rows: number): Padding | null => {
  const input = fields.find(({ name }) => name === 'input') ?? fields[0]
  const length = input?.shape[0]
  if (length === undefined) return null
  for (const { name, shape } of fields) {
    const values = arrays.get(name)
    if (!values) continue
    const one = masks.get(name)
    if (one !== undefined && shape.length === 1 && shape[0] === length) {
      const isPadding = Uint8Array.from(values, (value) => Number((value !== 0) === one))
      if (name !== 'mask' || trails(isPadding, length)) return { field: name, length, isPadding }
    }
    if (lengths.has(name) && values.length === rows)
      return {
        field: name,
        length,
        isPadding: Uint8Array.from({ length: rows * length }, (_, i) =>
          Number(i % length >= (values[Math.floor(i / length)] as number)),
        ),
      }
  }
  return unscoredEnd(arrays, fields, rows)
}

/** Where no field says: the end of samples whose targets are −100 and whose inputs there, two or more, are all one whole number. */
const unscoredEnd = (arrays: Arrays, fields: readonly Field[], rows: number): Padding | null => {
  const input = arrays.get('input')
  const target = arrays.get('target') ?? arrays.get('label')
  const shape = fields.find(({ name }) => name === 'input')?.shape ?? []
  const [length = 0] = shape
  if (!(input instanceof Int32Array) || !target || shape.length !== 1 || target.length !== input.length) return null
  const isPadding = new Uint8Array(input.length)
  const found = new Set<number>()
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * length
    let from = end
    while (from > row * length && target[from - 1] === -100) from--
    if (end - from < 2) continue
    isPadding.fill(1, from, end)
    for (let i = from; i < end; i++) found.add(input[i] as number)
  }
  return found.size === 1 ? { field: 'target', length, isPadding } : null
}

/** Padding only ever follows. */
const trails = (isPadding: Uint8Array, length: number): boolean =>
  isPadding.every((value, i) => i % length === 0 || value >= (isPadding[i - 1] as number))

/**
 * Targets of a custom task, by their form: whole numbers other than 0 and 1, as long as the padding, on which no output hangs. A loss that
 * heeds its mask does not hang on what stands there in padding; weights and masks of its own are another thing.
 */
export const targetsAt = (
  arrays: Arrays,
  fields: readonly Field[],
  { field, length }: Pick<Padding, 'field' | 'length'>,
  outputs: ReadonlySet<string>,
): Field[] =>
  fields.filter(
    ({ name, shape, dtype }) =>
      name !== field &&
      shape[0] === length &&
      dtype === 'int32' &&
      !outputs.has(name) &&
      arrays.get(name)?.some((value) => value !== 0 && value !== 1),
  )

/** Changes one field in place where the batch says padding; returns how many values changed. −100 stays: nothing scores it. */
export const changePadding = (arrays: Arrays, fields: readonly Field[], rows: number, name: string): number => {
  const padding = paddingOf(arrays, fields, rows)
  const field = fields.find((one) => one.name === name) ?? (name === 'input' ? fields[0] : undefined)
  const values = field && arrays.get(field.name)
  if (!padding || !values || field.shape[0] !== padding.length) return 0
  const inner = values.length / padding.isPadding.length
  const known = [...new Set(values)].filter((value) => value !== -100).sort((a, b) => a - b)
  const next = new Map(known.map((value, i) => [value, known[(i + 1) % known.length] as number]))
  let changed = 0
  for (let i = 0; i < values.length; i++) {
    const before = values[i] as number
    if (!padding.isPadding[Math.floor(i / inner)] || before === -100) continue
    values[i] = next.get(before) ?? before
    if (values[i] !== before) changed++
  }
  return changed
}
