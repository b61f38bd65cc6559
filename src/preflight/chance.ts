// Chance levels: what an untrained classifier's loss must be, given the classes, the labels and the spread of its logits.
// Pure numbers; whether a loss is acceptable is I1's.
import { crossEntropies, logSumExp, mean, type Outputs, variance } from './outputs.ts'

/** Shares of each class among the labels. */
export const priorsOf = (labels: ArrayLike<number>, classes: number): Float64Array => {
  const shares = new Float64Array(classes)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number
    if (label >= 0 && label < classes) shares[label] = (shares[label] as number) + 1 / labels.length
  }
  return shares
}

/** Entropy in nats: the loss of the best constant prediction. */
export const entropy = (shares: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i] as number
    if (share > 0) total -= share * Math.log(share)
  }
  return total
}

export type LogitChance = {
  /** Mean cross-entropy against the labels. */
  readonly loss: number
  /**
   * The same logits against labels that know nothing of them: mean of logsumexp(z) − Σ πc·zc.
   * An untrained model cannot differ from it by more than sampling noise, however its logits spread.
   */
  readonly independent: number
  /** Standard error of `loss − independent`. */
  readonly error: number
  /**
   * Standard deviation of the loss over all ways to name the classes: where samples of one class look alike, an untrained model
   * gives them the same logits, and is right or wrong about whole classes at a time.
   * Hoeffding 1951: Σ a(k, π(k)) over random permutations π has variance Σ (a − row mean − column mean + mean)² / (C − 1).
   */
  readonly naming: number
  /** Standard deviation of the logits around their row's mean; its excess over ln C is ≈ σ²(1−1/C)/2. */
  readonly sigma: number
  readonly accuracy: number
  /** Mean predicted probability of each class. */
  readonly prediction: Float64Array
}

/** Chance for logits [count, classes] as they are. */
export const chanceOfLogits = (outputs: Outputs, classes: number): LogitChance => {
  const { count, width, values, targets } = outputs
  const priors = priorsOf(targets, classes)
  const losses = crossEntropies(outputs, 'logits')
  const gaps = new Float64Array(count)
  const prediction = new Float64Array(width)
  /** Σ over the samples of class k of logit c, divided by all samples: [classes, classes] */
  const byClass = new Float64Array(classes * classes)
  let independent = 0
  let spread = 0
  let right = 0
  for (let row = 0; row < count; row++) {
    const from = row * width
    const total = logSumExp(values, from, width)
    let expected = total
    let centre = 0
    let square = 0
    let top = from
    for (let i = 0; i < width; i++) {
      const value = values[from + i] as number
      expected -= (priors[i] as number) * value
      centre += value / width
      square += value * value
      prediction[i] = (prediction[i] as number) + Math.exp(value - total) / count
      const cell = (targets[row] as number) * classes + i
      if (i < classes && cell >= 0 && cell < byClass.length) byClass[cell] = (byClass[cell] as number) + value / count
      if (value > (values[top] as number)) top = from + i
    }
    spread += square / width - centre * centre
    independent += expected / count
    gaps[row] = (losses[row] as number) - expected
    if (top - from === targets[row]) right++
  }
  return {
    loss: mean(losses),
    independent,
    error: Math.sqrt(variance(gaps) / count),
    naming: deviationOverPermutations(byClass, classes),
    sigma: Math.sqrt(Math.max(0, spread / count)),
    accuracy: right / count,
    prediction,
  }
}

const deviationOverPermutations = (table: Float64Array, size: number): number => {
  const at = (row: number, column: number) => table[row * size + column] as number
  const indices = Array.from({ length: size }, (_, index) => index)
  const rows = indices.map((row) => mean(indices.map((column) => at(row, column))))
  const columns = indices.map((column) => mean(indices.map((row) => at(row, column))))
  const whole = mean(rows)
  let squares = 0
  for (const row of indices)
    for (const column of indices)
      squares += (at(row, column) - (rows[row] as number) - (columns[column] as number) + whole) ** 2
  return size > 1 ? Math.sqrt(squares / (size - 1)) : 0
}

/** Loss of random logits of standard deviation σ that know nothing of C labels: ln C + σ²(1−1/C)/2, to second order. */
export const lossOfSpread = (classes: number, sigma: number): number =>
  Math.log(classes) + (sigma * sigma * (1 - 1 / classes)) / 2
