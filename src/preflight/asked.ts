// What a loss over whole-number sequences asks for at each position: the next input, the same one, or the one after the next.
// Asked of one evaluation and of one training step. Whether outputs may see later inputs is D2's to judge.
import type { Perturbation, Survey } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'

export type Shares = NonNullable<Perturbation['asked']>
export type Asked = Shares & {
  /** Positions of the batch that was looked at, and its samples: a perturbation of as many meets the same batch. */
  readonly length: number
  readonly samples: number
}

const known = new WeakMap<Context, Promise<Asked | null>>()

/** Null where nothing can be told: inputs that are no whole numbers along one axis, or a loss that is no cross-entropy. Asked once in a poll. */
export const askedOf = (context: Context, survey: Survey): Promise<Asked | null> => {
  const asked = known.get(context) ?? inEvaluation(context, survey)
  known.set(context, asked)
  return asked
}

const inEvaluation = async (context: Context, { fields, samples }: Survey): Promise<Asked | null> => {
  const input = fields.find(({ role }) => role === 'input')
  // where a sample shows no numbers, a collate function may make them
  if (input && (input.whole !== true || input.shape.length !== 1)) return null
  const count = Math.max(4, Math.min(16, samples, context.plan.run.evaluate.batch_size))
  return lookedAt(context, count, 'evaluation')
}

/** The same of a training step. */
export const askedInTraining = (context: Context, samples: number): Promise<Asked | null> =>
  context.can('perturbTraining') ? lookedAt(context, samples, 'training') : Promise.resolve(null)

const lookedAt = async (context: Context, samples: number, mode: 'evaluation' | 'training'): Promise<Asked | null> => {
  const trial = await context.at('initial')
  try {
    const { asked, positions } = await trial.perturb({ samples, sample: 0, position: 1, mode, targets: true })
    return asked && positions ? { ...asked, length: positions.length, samples } : null
  } catch (error) {
    // inputs without a second position, outputs that are not one for each sample
    if (!(error instanceof Crash) || endsProcess(error)) throw error
    return null
  }
}

/** Nearly every target is the next input, and neighbours differ: a series that hardly moves is its own next value. */
export const isNext = ({ next, still }: Pick<Shares, 'next' | 'still'>): boolean => next >= 0.99 && still < 0.9

/**
 * Nearly every target is another input than the next one. A masked word that is asked for again is none: few positions are scored
 * there, and their input is another.
 */
export const misplaced = ({
  next,
  same,
  second,
  still,
  scored,
}: Pick<Shares, 'next' | 'same' | 'second' | 'still' | 'scored'>): 'same' | 'second' | null => {
  if (next >= 0.9 || still > 0.5 || scored < 0.5) return null
  return same >= 0.99 ? 'same' : second >= 0.99 ? 'second' : null
}
