// Statistics of a split: by channel of the input, by field, and how a sample decodes twice.
// It looks at samples as the data set gives them; nothing is trained, and what is decoded goes no further.
import { createHash } from 'node:crypto'
import { type Survey, type SurveyProbe, surveyProbe } from '../../contract/index.ts'
import { type BatchArray, type Dataset, type Field, sizeOf } from '../../data/dataset.ts'
import { answerOf, askedAndGiven } from './answer.ts'
import { gathered, targetName, targetsIn } from './batches.ts'
import { wholeSplitOf } from './evaluate.ts'
import { paddingOf } from './padding.ts'
import type { Project } from './project.ts'
import { unseenOf } from './unseen.ts'

/** Evenly spaced, first and last included. */
export const spreadOver = (length: number, limit: number): Uint32Array => {
  const count = Math.min(limit, length)
  return Uint32Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (length - 1)) / (count - 1))))
}

// the data lies in memory: `seconds` is for those who decode
export const surveyed = (project: Project, given: SurveyProbe): Survey => {
  const { split, limit } = surveyProbe.parse(given)
  const dataset = wholeSplitOf(project, split)
  const ids = spreadOver(dataset.length, limit)
  const arrays = gathered(dataset, ids)
  const input = dataset.fields.find(({ name }) => name === 'input') ?? dataset.fields[0]
  const target = dataset.fields.find(({ name }) => name === targetName(project))
  const roleOf = (field: Field) => (field === input ? 'input' : field === target ? 'target' : 'other')
  const tried = ids.slice(0, 8)
  return {
    samples: ids.length,
    channels: input ? channelsOf(arrays.get(input.name) as BatchArray, ids.length, input.shape) : [],
    fields: dataset.fields.map((field) => ({
      ...fieldOf(field, arrays.get(field.name) as BatchArray, ids),
      role: roleOf(field),
    })),
    shifted:
      input && target
        ? shiftOf(arrays.get(input.name) as BatchArray, arrays.get(target.name) as BatchArray, input, target)
        : null,
    padding: paddingIn(
      arrays,
      dataset,
      ids.length,
      target ?? dataset.fields.find(({ name }) => targetsIn(project, dataset, arrays, ids.length).includes(name)),
    ),
    answer: answerIn(project, dataset, arrays, ids.length, input, target),
    unseen: split === 'val' ? unseenIn(project) : null,
    tried: tried.length,
    changing: changingOf(dataset, tried),
    reseeding: 0,
  }
}

const answerIn = (
  project: Project,
  dataset: Dataset,
  arrays: ReadonlyMap<string, BatchArray>,
  samples: number,
  input: Field | undefined,
  target: Field | undefined,
): Survey['answer'] => {
  const custom = project.task.kind === 'custom'
  const found = askedAndGiven(
    dataset.fields,
    custom ? project.lookThrough('training') : null,
    input,
    custom ? undefined : target,
  )
  if (!found) return null
  const part = ({ name, shape }: Field) => ({ values: arrays.get(name) as BatchArray, size: sizeOf(shape) })
  for (const given of found.inputs) {
    const answer = answerOf(part(given), part(found.target), samples)
    if (answer) return answer
  }
  return null
}

const unseenIn = (project: Project): Survey['unseen'] => {
  const coded = project.lookThrough('evaluation')?.coded
  return coded && coded.size > 0 ? unseenOf(project.whole.train, project.whole.val, coded) : null
}

type FieldSurvey = Survey['fields'][number]

const fieldOf = ({ name, shape, dtype }: Field, values: BatchArray, ids: Uint32Array): FieldSurvey => {
  const size = Math.max(1, values.length / ids.length)
  const idAt = (at: number) => ids[Math.floor(at / size)] as number
  let [zero, ignored, nonFinite, nonFiniteAt, whole] = [0, 0, 0, -1, true]
  let [minAt, maxAt] = [-1, -1]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value === 0) zero++
    if (!Number.isFinite(value)) {
      nonFinite++
      if (nonFiniteAt < 0) nonFiniteAt = i
    } else if (value === -100) ignored++
    else {
      whole &&= Number.isInteger(value)
      if (minAt < 0 || value < (values[minAt] as number)) minAt = i
      if (maxAt < 0 || value > (values[maxAt] as number)) maxAt = i
    }
  }
  const of = Math.max(1, values.length)
  return {
    name,
    shape: [...shape],
    dtype,
    zero: zero / of,
    ignored: ignored / of,
    nonFinite: nonFinite / of,
    nonFiniteAt: nonFiniteAt < 0 ? null : idAt(nonFiniteAt),
    whole,
    range:
      minAt < 0
        ? null
        : { min: values[minAt] as number, max: values[maxAt] as number, minAt: idAt(minAt), maxAt: idAt(maxAt) },
  }
}

const shiftOf = (input: BatchArray, target: BatchArray, from: Field, to: Field): Survey['shifted'] => {
  const [length = 0] = from.shape
  const equal = from.shape.length === to.shape.length && from.shape.every((size, axis) => size === to.shape[axis])
  if (length < 2 || !equal) return null
  const inner = sizeOf(from.shape.slice(1))
  let [of, next, same, still] = [0, 0, 0, 0]
  for (let i = 0; i < input.length; i++) {
    if (target[i] === -100 || Math.floor(i / inner) % length === length - 1) continue
    of++
    if (target[i] === input[i + inner]) next++
    if (target[i] === input[i]) same++
    if (input[i] === input[i + inner]) still++
  }
  return of === 0 ? null : { next: next / of, same: same / of, still: still / of }
}

const paddingIn = (
  arrays: ReadonlyMap<string, BatchArray>,
  dataset: Dataset,
  rows: number,
  target: Field | undefined,
): Survey['padding'] => {
  const padding = paddingOf(arrays, dataset.fields, rows)
  if (!padding) return null
  const { field, length, isPadding } = padding
  const padded = isPadding.reduce((sum, value) => sum + value, 0)
  const values = target?.shape[0] === length ? (arrays.get(target.name) as BatchArray) : null
  const inner = values ? values.length / isPadding.length : 1
  let scored = 0
  for (let i = 0; values && i < values.length; i++) if (isPadding[Math.floor(i / inner)] && values[i] !== -100) scored++
  return {
    field,
    share: padded / isPadding.length,
    scored: values === null || padded === 0 ? null : scored / (padded * inner),
  }
}

const changingOf = (dataset: Dataset, ids: Uint32Array): number => {
  const hash = (id: number) => {
    const all = createHash('sha256')
    for (const values of gathered(dataset, Uint32Array.of(id)).values())
      all.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return all.digest('hex')
  }
  const first = Array.from(ids, hash)
  return first.filter((before, i) => hash(ids[i] as number) !== before).length
}

type Channel = Survey['channels'][number]

/** As the contract's `survey` says which axis is the channels. */
const channelsOf = (values: BatchArray, samples: number, shape: readonly number[]): Channel[] => {
  const axis = channelAxis(shape)
  const count = axis === null ? 1 : (shape[axis] as number)
  const inner = axis === null ? sizeOf(shape) : sizeOf(shape.slice(axis + 1))
  const size = sizeOf(shape)
  const perSample = size / count
  return Array.from({ length: count }, (_, channel) => {
    const [sums, squares] = [new Float64Array(samples), new Float64Array(samples)]
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let sample = 0; sample < samples; sample++)
      for (let place = 0; place < perSample; place++) {
        const at = (Math.floor(place / inner) * count + channel) * inner + (place % inner)
        const value = values[sample * size + at] as number
        sums[sample] = (sums[sample] as number) + value / perSample
        squares[sample] = (squares[sample] as number) + (value * value) / perSample
        min = Math.min(min, value)
        max = Math.max(max, value)
      }
    const [mean, square] = [average(sums), average(squares)]
    return {
      mean,
      std: Math.sqrt(Math.max(0, square - mean * mean)),
      min,
      max,
      meanSpread: deviation(sums, mean),
      squareSpread: deviation(squares, square),
    }
  })
}

const average = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

const deviation = (values: Float64Array, mean: number): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)

const channelAxis = (shape: readonly number[]): number | null => {
  if (shape.length === 1) return (shape[0] as number) <= 256 ? 0 : null
  if (shape.length < 3) return null
  if ((shape[0] as number) <= 16) return 0
  return (shape.at(-1) as number) <= 16 ? shape.length - 1 : null
}
