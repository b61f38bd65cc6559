// What a graph's form lets one suspect, held against the numbers of the field that it names.
// Not how the form was found: src/tensor/lossForms.ts.
import { type BatchArray, sizeOf } from '../../data/dataset.ts'
import type { LossFault } from '../../tensor/compile.ts'
import { gathered } from './batches.ts'
import type { Project } from './project.ts'
import { spreadOver } from './survey.ts'

const most = 512

/** The fault as it stands in the data, without its field; null where the numbers speak against it. */
export const confirmed = (project: Project, fault: LossFault): Omit<LossFault, 'field'> | null => {
  const { field: name, ...found } = fault
  if (name === undefined) return found
  const { train } = project.splits
  const field = train.fields.find((one) => one.name === name)
  const ids = spreadOver(train.length, most)
  const values = field && gathered(train, ids).get(name)
  if (!values) return null
  switch (fault.fault) {
    case 'out-of-reach':
      return beyond(found, values)
    case 'masked-mean':
      return masked(found, values, sizeOf(field.shape))
    default:
      return areShares(values, field.shape.at(-1) ?? 1) ? found : null
  }
}

/** How much of the targets' variance the nearest numbers within reach leave. */
export const beyond = <F extends { low?: number; high?: number }>(fault: F, values: BatchArray) => {
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = fault
  const all = [...values]
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  let [variance, left] = [0, 0]
  for (const value of all) {
    variance += (value - mean) ** 2
    left += (value - Math.min(high, Math.max(low, value))) ** 2
  }
  const share = variance > 0 ? Math.min(1, left / variance) : 0
  const [least, largest] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))]
  return share >= 0.05 ? { ...fault, low: least, high: largest, share } : null
}

/** Ones and then zeros in each sample, as padding leaves them; a tenth of zeros or more. */
export const masked = <F>(fault: F, values: BatchArray, length: number) => {
  let ones = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value !== 0 && value !== 1) return null
    if (value === 1 && i % length !== 0 && values[i - 1] === 0) return null
    ones += value
  }
  const share = ones / values.length
  return share <= 0.9 && share > 0 ? { ...fault, share } : null
}

/** Rows that are never negative and sum to 1. */
export const areShares = (values: BatchArray, width: number): boolean => {
  for (let row = 0; row < values.length; row += width) {
    const shares = [...values.subarray(row, row + width)]
    if (shares.some((share) => !(share >= 0)) || Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) > 1e-3)
      return false
  }
  return values.length > 0
}
