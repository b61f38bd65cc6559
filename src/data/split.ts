// Divides a dataset at random into parts that share no sample. The same seed gives the same parts.
import { GonogoError } from '../contract/errors.ts'
import { type Dataset, subset } from './dataset.ts'
import { permutation } from './order.ts'

/**
 * Disjoint random parts of a dataset: `split(all, { train: 55_000, val: 5_000 }, seed)`.
 *
 * @throws GonogoError DATA_SPLIT where the parts ask for more samples than there are, or for none.
 */
export const split = <const N extends Readonly<Record<string, number>>>(
  dataset: Dataset,
  parts: N,
  seed: number,
): { [K in keyof N]: Dataset } => {
  const wanted = Object.entries(parts)
  const total = wanted.reduce((sum, [, count]) => sum + count, 0)
  const bad = wanted.find(([, count]) => !Number.isInteger(count) || count < 0)
  if (bad || total > dataset.length)
    throw new GonogoError('DATA_SPLIT', 'these parts cannot be taken from the dataset', {
      seen: wanted.map(([name, count]) => `${name}: ${count}`).join(', '),
      expected: `whole numbers, ${dataset.length} in all at most`,
    })
  const order = permutation(dataset.length, seed, 'split', 0)
  let from = 0
  return Object.fromEntries(
    wanted.map(([name, count]) => {
      from += count
      return [name, subset(dataset, order.slice(from - count, from).sort())]
    }),
  ) as { [K in keyof N]: Dataset }
}
