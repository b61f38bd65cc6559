// Arrays that a module holds as plain attributes: drawn from the seed, used by every step, the same ever since, and in no checkpoint. A part of K4.
// Not parameters and buffers (K4 itself), nor what a step trains (O1's strays).
//
// A permutation or a projection that is drawn when the model is made fits the weights that were trained with it, and no others. Where
// the weights are loaded under another seed, they meet another one. It is NO-GO where the loaded model then scores otherwise than it
// did when it was saved, on the same samples, trained on the same data; where the data hang on the seed, the array may hang on them, and
// where the score does not tell, it may not matter.
import type { Evaluation } from '../contract/index.ts'
import { list, noGo, number, type Outcome, placeOf, plural, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import { evaluationLimit, type Reference, type Save } from './reference.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import type { Trial } from './trial.ts'
import { metricsApart } from './v2-batch-size-invariance.ts'

type Loose = ReadonlyMap<string, string>

/** Used at the start of the run and at its end, the same both times, and another after the load. */
export const lostOf = (initial: Loose, trained: Loose, loaded: Loose): string[] =>
  [...trained].flatMap(([name, digest]) => {
    const after = loaded.get(name)
    return initial.get(name) === digest && after !== undefined && after !== digest ? [name] : []
  })

const usedBy = async (trial: Trial): Promise<Loose> => {
  const [record] = await trial.steps({ steps: 1, updates: 'suppressed', observe: true, trace: true })
  return new Map(Object.entries(record?.trace?.loose ?? {}))
}

/** `loaded`: the subject of another seed, right after the load. What crashes here is another check's finding. */
export const looseLost = async (...asked: Parameters<typeof look>): Promise<Outcome | null> => {
  try {
    return await look(...asked)
  } catch (error) {
    if (error instanceof Crash) return null
    throw error
  }
}

const look = async (context: Context, reference: Reference, save: Save, loaded: Trial): Promise<Outcome | null> => {
  if (loaded.facts.can.trace !== 'yes' || loaded.facts.can.suppressUpdates !== 'yes') return null
  await loaded.capture('loaded')
  const used = await usedBy(loaded)
  if (used.size === 0) return null
  const lost = lostOf(await usedBy(await context.at('initial')), await usedBy(await context.at('trained')), used)
  if (lost.length === 0) return null
  const apart = save.kind === 'after-evaluation' ? await scores(context, reference.evaluation, loaded) : null
  const certain = apart !== null && (await sameData(context, loaded))
  const words = {
    seen: `${list(lost)}: as at the start of the run when it was saved, as the other seed made ${lost.length === 1 ? 'it' : 'them'} after the load${apart ? `; ${apart}` : ''}`,
    expected: 'all that the model computes with, whatever the seed it is loaded under',
    where: placeOf(context.facts, 'model', 'setup', 'save'),
    evidence: { loose: lost },
    alternatives: ['section-not-saved'] as const,
    advice: 'self.register_buffer(name, tensor): it goes into state_dict(), and to the device with the model',
  }
  const title = `${plural(lost.length, 'array')} that the model computes with ${lost.length === 1 ? 'is' : 'are'} in no checkpoint`
  return certain ? noGo('buffers-not-restored', title, words) : warn('buffers-not-restored', title, words)
}

/** How the score parts; null where it does not, or where it is not known, or not the same twice. */
const scores = async (context: Context, kept: Evaluation | null, loaded: Trial): Promise<string | null> => {
  if (kept === null) return null
  const tolerance = roundingOf(arithmeticOf(context.facts, kept)).metric
  await loaded.restore('loaded')
  const [worst] = metricsApart(kept, await loaded.evaluate({ limit: evaluationLimit }), tolerance)
  if (!worst) return null
  // with the generators as they were, and as they are after it: an evaluation that draws has no score to compare
  const main = await context.at('before-evaluation')
  for (let turn = 0; turn < 2; turn++)
    if (metricsApart(kept, await main.evaluate({ limit: evaluationLimit }), tolerance).length > 0) return null
  return `${worst.name} ${number(worst.a)} when it was saved, ${number(worst.b)} after the load`
}

/** Both seeds train and validate on the same samples, as far as some of them tell. */
const sameData = async (context: Context, loaded: Trial): Promise<boolean> => {
  const main = await context.at('initial')
  await loaded.restore('loaded')
  for (const split of ['train', 'val'] as const) {
    const digests = async (trial: Trial) =>
      JSON.stringify(
        (await trial.data({ split, spread: true, limit: evaluationLimit, seconds: 2 })).map(({ hash }) => hash),
      )
    if ((await digests(main)) !== (await digests(loaded))) return false
  }
  return true
}
