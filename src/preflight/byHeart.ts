// Some training samples learnt by heart, regularisation off, and then tried on validation: do the model's answers there go with the labels?
// Measures; D4 judges.
import type { Context } from './context.ts'
import { deviations } from './follows.ts'
import { mean, outputsOf } from './outputs.ts'
import type { Trial } from './trial.ts'

export type ByHeart = {
  readonly samples: number
  readonly steps: number
  /** Mean loss of the first and of the last round over the samples. */
  readonly from: number
  readonly to: number
  /** How much better than chance the outputs go with validation's labels. */
  readonly deviations: number
  readonly validation: number
}

const seconds = 2
const [fewest, most] = [256, 1024]
const learnt = 0.3

export const byHeart = async (context: Context, classes: number): Promise<ByHeart | { readonly no: string }> => {
  const { facts } = await context.at('initial')
  // a preflight's subject may hold fewer than the run
  const available = facts.samples.train ?? 0
  const wanted = Math.max(fewest, 25 * classes)
  if (wanted > most || available < 20 * Math.max(classes, 5))
    return { no: `${classes} classes: more samples are needed than a preflight can learn by heart` }
  const count = Math.min(wanted, available)
  const size = Math.max(2, Math.min(16, context.plan.run.train.batch_size))
  const ids = Array.from({ length: count }, (_, i) => Math.floor((i * available) / count))
  // neighbours may be of one class: each batch takes samples from the whole range
  const lists = Array.from({ length: Math.floor(count / size) }, (_, list) =>
    Array.from({ length: size }, (_, i) => ids[(i * Math.floor(count / size) + list) % count] as number),
  )
  for (const rate of ratesOf(context)) {
    const trial = await context.at('initial')
    const losses = await trained(trial, lists, rate)
    const round = (from: number) => mean(losses.slice(from, from + lists.length))
    const [from, to] = [round(0), round(Math.max(0, losses.length - lists.length))]
    if (losses.length < 2 * lists.length || !(to <= learnt * from)) continue
    const { perSample } = await trial.evaluate({ limit: 1000, perSample: true, sameNoise: true })
    if (!perSample) return { no: 'the outputs of single validation samples are not seen' }
    const { count: validation, width, values, targets, targetWidth } = outputsOf(perSample)
    const fits = classes === 0 ? width === 1 : width === classes || (classes === 2 && width === 1)
    if (!fits || targetWidth !== 1) return { no: 'outputs are no score of each class, and no single number' }
    if (validation < 50) return { no: `${validation} validation samples are too few` }
    const score = deviations(Float64Array.from(values), Array.from(targets), width === 1 ? 0 : classes)
    return { samples: lists.length * size, steps: losses.length, from, to, deviations: score, validation }
  }
  return { no: `${count} samples are not learnt by heart in ${seconds} s, and no linear guess sees more` }
}

/** The rate at which one batch was fitted; or the optimizer's own, which a warm-up may have made small. */
const ratesOf = (context: Context): readonly number[] => {
  const fitted = context.outcomes.get('O4')?.evidence.rate
  if (typeof fitted === 'number') return [fitted, fitted / 5]
  const base = Math.max(0, ...context.facts.optimizers.flatMap(({ learningRates }) => learningRates)) || 1e-3
  return [5 * base, 25 * base, base]
}

const trained = async (trial: Trial, lists: readonly (readonly number[])[], rate: number): Promise<number[]> => {
  const losses: number[] = []
  const until = performance.now() + 1000 * seconds
  const batch = { ids: lists.map((list) => [...list]) }
  await trial.train({ steps: 40 * lists.length, batch, learningRate: rate, regularisation: false }, ({ loss }) => {
    losses.push(loss)
    if (!Number.isFinite(loss) || performance.now() > until) return false
    if (losses.length % lists.length !== 0 || losses.length < 3 * lists.length) return true
    return mean(losses.slice(-lists.length)) > 0.1 * mean(losses.slice(0, lists.length))
  })
  return losses
}
