// Per-sample outputs of an evaluation as numbers: losses and right answers recomputed in float64.
// Not the engines' own losses: these are written apart from them, so that a fault is not shared.
import type { PerSample } from '../contract/index.ts'

/** `values` is [count, width], `targets` [count, targetWidth], row by row. */
export type Outputs = {
  readonly count: number
  readonly width: number
  readonly values: Float32Array
  readonly targetWidth: number
  readonly targets: Float32Array | Int32Array
}

const aligned = (base64: string): ArrayBuffer => {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

export const outputsOf = ({ count, outputs, targets }: PerSample): Outputs => {
  const values = new Float32Array(aligned(outputs.float32))
  const bytes = aligned(targets.bytes)
  const decoded = targets.dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes)
  return { count, width: values.length / count, values, targetWidth: decoded.length / count, targets: decoded }
}

/** How the numbers that a classifier returns are to be read. */
export type Reading = 'logits' | 'probabilities' | 'one logit' | 'one probability' | 'unknown'

/** Rows that are non-negative and sum to 1 are probabilities, or a softmax that should not be there. */
export const rowsAreProbabilities = ({ count, width, values }: Outputs): boolean => {
  if (width < 2 || count === 0) return false
  for (let row = 0; row < count; row++) {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) {
      const value = values[i] as number
      if (!(value >= 0)) return false
      sum += value
    }
    if (Math.abs(sum - 1) > 1e-4) return false
  }
  return true
}

/** What stands second in a batch may be no label: a text beside its label, where texts stand end to end. */
const areLabels = ({ targets }: Outputs, classes: number): boolean =>
  targets.every((label: number) => Number.isInteger(label) && label >= 0 && label < classes)

export const readingsOf = (outputs: Outputs, classes: number): readonly Reading[] => {
  if (outputs.targetWidth !== 1 || !areLabels(outputs, classes)) return ['unknown']
  if (outputs.width === classes) return rowsAreProbabilities(outputs) ? ['logits', 'probabilities'] : ['logits']
  if (outputs.width !== 1 || classes !== 2) return ['unknown']
  const inside = outputs.values.every((value: number) => value >= 0 && value <= 1)
  return inside ? ['one logit', 'one probability'] : ['one logit']
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** log Σ exp of one row, in float64. */
export const logSumExp = (values: ArrayLike<number>, from: number, width: number): number => {
  let top = Number.NEGATIVE_INFINITY
  for (let i = from; i < from + width; i++) top = Math.max(top, values[i] as number)
  if (!Number.isFinite(top)) return Number.isNaN(top) ? Number.NaN : top
  let sum = 0
  for (let i = from; i < from + width; i++) sum += Math.exp((values[i] as number) - top)
  return top + Math.log(sum)
}

/** Cross-entropy of each sample in nats, smoothed by ε towards the uniform distribution. */
export const crossEntropies = (outputs: Outputs, reading: Reading, smoothing = 0): Float64Array => {
  const { count, width, values, targets } = outputs
  return Float64Array.from({ length: count }, (_, row) => {
    const label = targets[row] as number
    const from = row * width
    if (reading === 'one logit') return softplus((1 - 2 * label) * (values[row] as number))
    if (reading === 'one probability')
      return -Math.log(label === 1 ? (values[row] as number) : 1 - (values[row] as number))
    if (reading === 'probabilities') return -Math.log(values[from + label] as number)
    const total = logSumExp(values, from, width)
    if (smoothing === 0) return total - (values[from + label] as number)
    let mean = 0
    for (let i = from; i < from + width; i++) mean += (values[i] as number) / width
    return total - (1 - smoothing) * (values[from + label] as number) - smoothing * mean
  })
}

/** 1 where the largest output is at the label, else 0; and how many rows are too close to call. */
export const rightAnswers = (outputs: Outputs, reading: Reading): { right: Float64Array; ties: number } => {
  const { count, width, values, targets } = outputs
  let ties = 0
  const right = Float64Array.from({ length: count }, (_, row) => {
    const label = targets[row] as number
    if (reading === 'one logit' || reading === 'one probability') {
      const value = (values[row] as number) - (reading === 'one logit' ? 0 : 0.5)
      if (Math.abs(value) < 1e-6) ties++
      return (value > 0 ? 1 : 0) === label ? 1 : 0
    }
    const from = row * width
    let top = from
    let second = Number.NEGATIVE_INFINITY
    for (let i = from + 1; i < from + width; i++) {
      if ((values[i] as number) > (values[top] as number)) {
        second = values[top] as number
        top = i
      } else second = Math.max(second, values[i] as number)
    }
    const first = values[top] as number
    if (first - second <= 1e-5 * Math.max(1, Math.abs(first))) ties++
    return top === from + label ? 1 : 0
  })
  return { right, ties }
}

/** Mean over outputs of the squared, or absolute, error of each sample. */
export const errorsOf = (outputs: Outputs, kind: 'squared' | 'absolute'): Float64Array => {
  const { count, width, values, targets } = outputs
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) {
      const error = (values[i] as number) - (targets[i] as number)
      sum += kind === 'squared' ? error * error : Math.abs(error)
    }
    return sum / width
  })
}

/** Mean over outputs of Huber's loss of each sample: squares up to `delta`, straight lines from there. */
export const huberLosses = ({ count, width, values, targets }: Outputs, delta: number): Float64Array =>
  Float64Array.from({ length: count }, (_, row) => {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) {
      const error = Math.abs((values[i] as number) - (targets[i] as number))
      sum += error <= delta ? error ** 2 / 2 : delta * (error - delta / 2)
    }
    return sum / width
  })

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum / values.length
}

/** Variance over the population, not the sample. */
export const variance = (values: ArrayLike<number>): number => {
  const centre = mean(values)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - centre) ** 2
  return sum / values.length
}

/** Distance of two outputs: none between equal ones, infinities and NaN among them; infinite where only one is a number. */
export const gapOf = (a: number, b: number): number => {
  if (Object.is(a, b) || a === b) return 0
  return Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY
}

/** The larger of a largest size so far and that of a number; what is no number has none. */
export const sizeOf = (largest: number, value: number): number =>
  Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest
