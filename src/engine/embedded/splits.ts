// Checks the splits that an experiment returned before anything is built on them, and cuts them down for a preflight.
import { GonogoError, type OpenRequest, type Task } from '../../contract/index.ts'
import { batchArrays, type Dataset, type Splits, subset } from '../../data/dataset.ts'
import { permutation } from '../../data/order.ts'

const fieldsOf = (task: Task): readonly string[] => {
  if (task.kind === 'classification') return ['input', 'label']
  if (task.kind === 'regression') return ['input', 'target']
  return []
}

/** Refuses missing or empty splits, missing fields, NaN and infinities, and labels outside the classes. */
export const checkedSplits = (splits: Splits, task: Task): Splits => {
  for (const name of ['train', 'val'] as const)
    if (!splits?.[name])
      throw new GonogoError('DATA_SPLITS', `data() returned no ${name} split`, {
        seen: splits ? Object.keys(splits).join(', ') || 'an empty object' : String(splits),
        expected: '{ train, val } and perhaps test',
      })
  for (const [name, dataset] of Object.entries(splits) as [string, Dataset | undefined][]) {
    if (!dataset) continue
    if (dataset.length === 0)
      throw new GonogoError('DATA_EMPTY', `the ${name} split is empty`, {
        seen: '0 samples',
        expected: 'at least one',
        try: name === 'val' ? 'split(all, { train: …, val: … }, seed) with val above 0' : undefined,
      })
    for (const field of fieldsOf(task))
      if (!dataset.fields.some((known) => known.name === field))
        throw new GonogoError('DATA_FIELD', `the ${name} split has no field called ${field}`, {
          seen: dataset.fields.map((known) => known.name).join(', '),
          expected: fieldsOf(task).join(' and '),
        })
    checkValues(name, dataset, task)
  }
  return splits
}

const chunk = 1024

const checkValues = (split: string, dataset: Dataset, task: Task): void => {
  const label = task.kind === 'classification' ? dataset.fields.find(({ name }) => name === 'label') : undefined
  if (label && (label.dtype !== 'int32' || label.shape.length > 0))
    throw new GonogoError('DATA_LABELS', `the labels of the ${split} split are no class numbers`, {
      seen: `${label.dtype} of shape [${label.shape.join(', ')}] a sample`,
      expected: 'one int32 a sample',
    })
  for (let from = 0; from < dataset.length; from += chunk) {
    const count = Math.min(chunk, dataset.length - from)
    const out = batchArrays(dataset.fields, count)
    dataset.gather(
      Uint32Array.from({ length: count }, (_, i) => from + i),
      out,
    )
    for (const [name, values] of out) {
      if (values instanceof Float32Array) checkFinite(split, name, values, from, count)
      else if (name === 'label' && task.kind === 'classification') checkLabels(split, values, from, task.classes)
    }
  }
}

const checkFinite = (split: string, field: string, values: Float32Array, from: number, count: number): void => {
  // x − x is 0 for every finite x and NaN otherwise: one sum tells whether to look closer
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - (values[i] as number)
  if (sum === 0) return
  const at = values.findIndex((value) => !Number.isFinite(value))
  const size = values.length / count
  throw new GonogoError('DATA_NOT_FINITE', `the ${split} split holds a value that is no number`, {
    where: `${split}[${from + Math.floor(at / size)}].${field}`,
    seen: `${values[at]} at position ${at % size} of sample ${from + Math.floor(at / size)}`,
    expected: 'finite numbers',
    try: 'drop or repair the sample in data()',
  })
}

const checkLabels = (split: string, labels: Int32Array, from: number, classes: number): void => {
  const at = labels.findIndex((label) => label < 0 || label >= classes)
  if (at < 0) return
  throw new GonogoError('DATA_LABEL_RANGE', `the ${split} split has a label outside the classes`, {
    where: `${split}[${from + at}].label`,
    seen: `label ${labels[at]} at sample ${from + at}`,
    expected: `0 to ${classes - 1}, as classification({ classes: ${classes} }) declares`,
    try: 'count classes from 0, or raise classes in the task',
  })
}

/** Short epochs and a short validation for a preflight: a random subset, the same for the same seed. */
export const limited = (splits: Splits, request: OpenRequest): Splits => {
  const { trainBatches, valSamples } = request.limit
  const cut = (dataset: Dataset, count: number | null): Dataset =>
    count === null || count >= dataset.length
      ? dataset
      : subset(dataset, permutation(dataset.length, request.seed, 'limit', 0).slice(0, count).sort())
  return {
    ...splits,
    train: cut(splits.train, trainBatches === null ? null : trainBatches * request.batchSize),
    val: cut(splits.val, valSamples),
  }
}
