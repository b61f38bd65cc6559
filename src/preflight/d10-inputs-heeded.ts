// D10: what the model is given, it answers to. Not whether it answers rightly.
//
// After a few steps at a rate that moves what starts at zero, the calls of one training step are made again, each time with one argument
// changed: every sample has that of another one, so that all values are such as the model is used to. An argument that differs from
// sample to sample, and on which no output hangs to the last bit, is not used: a time step that was rounded away, a condition that is
// never added, a mask that nothing heeds. A model may be given what it does not need, so it only warns; and where nothing that
// the call is given changes anything, the model is asleep, which other checks tell. A field of the batch that no loss hangs on, by
// the step's graph where the engine shows it, is told first.
import type { ModelCall } from '../contract/index.ts'
import { callsOf } from './called.ts'
import { define, go, list, type Outcome, placeOf, placeOfTensor, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { tracedStep } from './traced.ts'

export type Ignored = { readonly module: string; readonly kind: string; readonly name: string }

/** Arguments that no call answers to, of modules that answer to another one. Pure. */
export const ignoredIn = (calls: readonly ModelCall[]): Ignored[] => {
  const found = new Map<string, Ignored & { readonly heeded: boolean }>()
  for (const { module, kind, arguments: given } of calls) {
    if (!given.some(({ effect }) => (effect ?? 0) > 0)) continue
    for (const { name, varies, effect } of given) {
      if (!varies || effect === null) continue
      const key = `${module} ${name}`
      found.set(key, { module, kind, name, heeded: (found.get(key)?.heeded ?? false) || effect !== 0 })
    }
  }
  return [...found.values()].filter(({ heeded }) => !heeded)
}

export const d10 = define({
  code: 'D10',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const calls = await callsOf(context)
    const fields = await fieldsOf(context)
    if (fields && (fields.status !== 'GO' || !calls)) return fields
    if (!calls) return skipped('no call of the model could be made again with the same outcome')
    const given = calls.flatMap((call) => call.arguments.filter(({ varies, effect }) => varies && effect !== null))
    if (given.length === 0) return skipped('the model is given nothing that differs from sample to sample')
    const ignored = ignoredIn(calls)
    const evidence = {
      calls: calls.length,
      arguments: given.map(({ name }) => name),
      effects: given.map(({ effect }) => effect),
    }
    const [first] = ignored
    if (!first)
      return go(`the model answers to ${given.length > 1 ? `all ${given.length} inputs` : 'its input'}`, {
        seen: `outputs change with ${list([...new Set(given.map(({ name }) => name))])} in ${plural(calls.length, 'call')}`,
        expected: 'other outputs for other inputs',
        evidence,
      })
    const names = list(ignored.map(({ name }) => name))
    return warn(
      'input-ignored',
      `the model is given ${names} and does not answer to ${ignored.length > 1 ? 'them' : 'it'}`,
      {
        seen: `no output of ${first.kind} changes by a bit where ${names} of the samples change places; with its other inputs they do`,
        expected: 'other outputs for other inputs',
        where: placeOfTensor(context.facts, undefined) ?? placeOf(context.facts, 'train_step', 'loss', 'setup'),
        evidence: { ...evidence, ignored: ignored.map(({ name }) => name) },
        alternatives: ['inputs-constant', 'parameter-without-gradient'],
        advice: `follow ${first.name} through forward(): rounded to zero, overwritten, or never used; leave it out if it is not needed`,
      },
    )
  },
})

/** What tells samples apart, and is not meant for the model. */
const bookkeeping = /(^|_)(ids?|index|indices|groups?|names?|keys?|folds?|subjects?|patients?)$/i

/** Fields of the batch that the loss does not hang on, by its graph: the data set gives them, and nothing asks for them. Null: no graph. */
const fieldsOf = async (context: Context): Promise<Outcome | null> => {
  const known = context.can('trace') ? (await tracedStep(context))?.unheeded : undefined
  if (!known) return null
  const unheeded = known.filter((name) => !bookkeeping.test(name))
  if (unheeded.length === 0)
    return go('the loss hangs on each field of the batch', {
      seen:
        known.length === 0 ? 'every field reaches a term of the loss' : `all but ${list(known)}, a number of a sample`,
      expected: 'a use for each field of a sample',
      evidence: { unheeded: [...known] },
    })
  const names = list(unheeded)
  return warn('input-ignored', `the batch holds ${names}, on which no loss hangs`, {
    seen: `no term of the training loss is computed from ${names}`,
    expected: 'a use for each field of a sample',
    where: placeOf(context.facts, 'loss', 'model', 'setup'),
    evidence: { unheeded },
    alternatives: [],
    advice: `use ${unheeded[0]} in the loss or in the model, or leave it out of the data`,
  })
}
