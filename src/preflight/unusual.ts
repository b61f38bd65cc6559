// A crash on what only a check asks for: another batch size, samples one by one, changed values.
// Not how a crash of the run itself is told (crash.ts).
//
// A program may take batches of one size alone: states that are carried along, negatives of a contrastive loss, a view with the batch
// size written in it, a hundred candidates to rank. Its own loader gives it no other. So a crash on an unusual batch is a bug only
// where the program's own batches crash as well: the steps of the reference run, the validation set through its own loader. A last
// batch that is shorter there is among them.
import type { Outcome } from './check.ts'
import { skipped } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'

/** Validation samples that are gone through to see that the program's own batches work. */
const most = 20_000

const known = new WeakMap<Context, Map<string, Promise<boolean>>>()

/** SKIPPED where the program works on the batches that a run gives it; null where it does not, or the crash was of the run's own kind. */
export const unusualCrash = async (context: Context, crash: Crash): Promise<Outcome | null> => {
  if (!(await worksOnItsOwn(context, crash))) return null
  const { stage, error } = crash
  const said = [error.message, error.seen].filter(Boolean).join(': ')
  return skipped(`${stage === 'train' ? 'the step' : 'the evaluation'} takes batches of its own loader alone: ${said}`)
}

/** Whether what crashed on an unusual batch goes through on those that a run gives it. */
export const worksOnItsOwn = async (context: Context, crash: Crash): Promise<boolean> => {
  const { stage, unusual } = crash
  if (!unusual || endsProcess(crash) || (stage !== 'train' && stage !== 'evaluate')) return false
  const works = known.get(context) ?? new Map<string, Promise<boolean>>()
  known.set(context, works)
  const own = works.get(stage) ?? (stage === 'train' ? trains(context) : evaluates(context))
  works.set(stage, own)
  return own
}

const trains = (context: Context): Promise<boolean> =>
  orFalse(async () => (await context.reference()).records.length > 0)

const evaluates = (context: Context): Promise<boolean> =>
  orFalse(async () => {
    const trial = await context.at('trained')
    const { samples } = await trial.evaluate((trial.facts.samples.val ?? 0) > most ? { limit: most } : { whole: true })
    return samples > 0
  })

const orFalse = async (work: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Crash) return false
    throw error
  }
}
