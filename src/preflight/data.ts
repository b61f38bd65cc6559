// What several checks see of the data: a survey and digests of each split, asked for once in a poll. Nothing is judged here.
import { GonogoError, type SampleDigest, type Survey } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'

type Part = 'train' | 'val'
type Seen = {
  readonly surveys: Map<Part, Promise<Survey>>
  readonly samples: Map<Part, Promise<readonly SampleDigest[]>>
}

const seen = new WeakMap<Context, Seen>()

const seenBy = (context: Context): Seen => {
  const known = seen.get(context) ?? { surveys: new Map(), samples: new Map() }
  seen.set(context, known)
  return known
}

const once = <T>(known: Map<Part, Promise<T>>, split: Part, ask: () => Promise<T>): Promise<T> => {
  const asked = known.get(split) ?? ask()
  known.set(split, asked)
  return asked
}

/** Values that a survey of data in memory looks at, and seconds that data to be decoded may take. */
const surveyedValues = 5e6
const seconds = 2

/** Statistics of as many samples of a split as are cheap to look at. */
export const surveyOf = (context: Context, split: Part): Promise<Survey> =>
  once(seenBy(context).surveys, split, async () => {
    const fields = context.facts.data.find((one) => one.split === split)?.fields ?? []
    const values = fields.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 1)
    const limit = Math.round(Math.min(50_000, Math.max(200, surveyedValues / values)))
    return byIndex(() => context.at('initial').then((trial) => trial.survey({ split, limit, seconds })))
  })

/** Digests of samples spread over a split. */
export const samplesOf = (context: Context, split: Part): Promise<readonly SampleDigest[]> =>
  once(seenBy(context).samples, split, async () => {
    const limit = split === 'val' ? 5000 : 10_000
    return byIndex(() =>
      context.at('initial').then((trial) => trial.data({ split, spread: true, sketch: true, limit, seconds })),
    )
  })

/** A sampler may ask for more than an index: what then cannot be decoded by index alone is no broken sample. */
const byIndex = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Crash) || error.stage !== 'data' || endsProcess(error)) throw error
    const { message, seen, where, trace } = error.error
    throw new Crash(
      'data',
      new GonogoError('SAMPLES_UNKNOWN', `samples cannot be read by their index: ${message}`, { seen, where, trace }),
    )
  }
}
