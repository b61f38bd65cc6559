// Checks the splits that an experiment returned before anything is built on them, and cuts them down for a preflight.
import { GonogoError, type OpenRequest, type Task } from '../../contract/index.ts'
import { type Dataset, type Splits, subset } from '../../data/dataset.ts'
import { permutation } from '../../data/order.ts'

const fieldsOf = (task: Task): readonly string[] => {
  if (task.kind === 'classification') return ['input', 'label']
  if (task.kind === 'regression') return ['input', 'target']
  return []
}

/** Refuses missing or empty splits, and missing fields. Whether their values can be used is a check's question (D8). */
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
    checkLabels(name, dataset, task)
  }
  return splits
}

const checkLabels = (split: string, dataset: Dataset, task: Task): void => {
  const label = task.kind === 'classification' ? dataset.fields.find(({ name }) => name === 'label') : undefined
  if (label && (label.dtype !== 'int32' || label.shape.length > 0))
    throw new GonogoError('DATA_LABELS', `the labels of the ${split} split are no class numbers`, {
      seen: `${label.dtype} of shape [${label.shape.join(', ')}] a sample`,
      expected: 'one int32 a sample',
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
