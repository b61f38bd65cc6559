// V3: an evaluation leaves parameters, buffers, optimizer, progress and mode as they were; training with evaluations in between
// equals training without. Not whether its numbers are right (V2, V4).
//
// What an evaluation writes and training neither writes nor reads is the evaluation's own (evaluations-own.ts).
// Making a DataLoader's iterator advances torch's global generator, so a changed rng only warns, and one that training never draws from
// (an environment that evaluations alone use) says nothing. A schedule that waits for a plateau
// is stepped with the validation loss, where else: that is no fault. Another schedule, and a count of evaluations, warn. Everything else blocks.
// Leaving the model in eval mode is no fault if the next training step puts it back, as many steps do: what counts is the mode
// after that step.
import type { Cause, Section } from '../contract/index.ts'
import { define, go, list, noGo, type Outcome, placeOf, warn } from './check.ts'
import { type Difference, type Divergence, differenceIn, firstDivergence, stateDifferences } from './compare.ts'
import type { Context, Repeatability } from './context.ts'
import { othersThanOwn } from './evaluations-own.ts'
import { evaluationLimit, type Reference } from './reference.ts'
import { untrained, without } from './untrained.ts'

const causes: readonly (readonly [Section, Cause, string])[] = [
  ['parameters', 'evaluation-changes-parameters', 'parameters'],
  ['buffers', 'evaluation-changes-buffers', 'buffers (running statistics)'],
  ['optimizer', 'evaluation-changes-optimizer', 'optimizer state'],
  ['scaler', 'evaluation-changes-progress', 'the loss scaler'],
  ['ema', 'evaluation-changes-parameters', 'the moving average'],
  ['position', 'evaluation-changes-progress', 'the data position'],
]

/** The harness's own count of steps; other counters are the program's. */
const stepCounter = 'step'

const advice: Partial<Record<Cause, string>> = {
  'evaluation-changes-buffers':
    'call model.eval() before the evaluation: batch norm updates its statistics in training mode',
  'evaluation-changes-mode': 'call model.train() at the start of the training step, or after the evaluation',
  'evaluation-changes-parameters': 'no optimizer step in evaluate(); put averaged weights back after scoring them',
  'evaluation-changes-optimizer': 'no backward() and no step() in evaluate()',
  'evaluation-changes-progress': 'let evaluate() touch no counter, schedule or training iterator',
}

export const v3 = define({
  code: 'V3',
  needs: ['reset'],
  guarantee: 'evaluationIsPure',
  after: [],
  heeds: ['S1'],
  costClass: 'warm',
  async run(context) {
    const reference = await context.reference()
    if (reference.evaluationCrash) throw reference.evaluationCrash
    // before the first evaluation of all: the mode that training leaves is the mode to come back to
    const trial = await context.at(reference.schedule.evaluateAfter === null ? 'trained' : 'before-evaluation')
    const before = await trial.digest()
    await trial.evaluate()
    const after = await trial.digest()
    const changed = stateDifferences(before, after)
    const others = touchedBy(context, changed) ? await othersThanOwn(context, reference, before, changed) : changed
    const touched = touchedBy(context, others)
    if (touched) return touched
    if (differenceIn(changed, 'mode')) {
      const stuck = await modeStuck(context, reference)
      if (stuck) return stuck
    }
    const rng = differenceIn(changed, 'rng')
    const kept = bookkeeping(changed)
    const unasked = kept.filter((one) => !waitsForPlateau(one))
    const own = untrained(reference.initial, before, changed)
    const parted = await againstWithout(context, reference, own, { rng: rng !== undefined, kept: kept.length > 0 })
    if (parted) return parted
    const sections = [...before.keys()].join(', ')
    const evidence = { sections: [...before.keys()], steps: reference.schedule.steps, own: [...own].slice(0, 8) }
    const drawn = rng ? await drawnInTraining(context, reference, rng) : []
    if (drawn.length > 0)
      return warn('evaluation-consumes-rng', 'evaluation advances the random generators of training', {
        seen: `${list(drawn)} moved during one evaluation; nothing else did`,
        expected: 'generators where they were: how often you evaluate should not change the training',
        where: placeOf(context.facts, 'evaluate', 'val_loader', 'setup'),
        evidence,
        advice: 'give the validation loader a generator of its own',
      })
    if (unasked.length > 0)
      return warn(
        'evaluation-changes-progress',
        `evaluation moves the ${list(unasked.map(({ section }) => section))}`,
        {
          seen: `changed during one evaluation: ${list(unasked.flatMap(({ names }) => names))}`,
          expected: 'equal before and after; a schedule that waits for a plateau is meant to move',
          where: placeOf(context.facts, 'evaluate'),
          evidence,
          advice: 'let evaluate() touch no counter, and no schedule but one that waits for a plateau',
        },
      )
    const waits = kept.length > 0 ? '; a schedule that waits for a plateau is stepped with the score' : ''
    return go(`evaluation touched no weight, statistic, optimizer, rng${waits || '; training goes on as without it'}`, {
      seen:
        kept.length > 0
          ? `changed: ${list(kept.flatMap(({ names }) => names))}`
          : `${sections}: equal before and after`,
      expected: 'bitwise equality, but for a schedule that waits for a plateau',
      evidence,
    })
  },
})

/** Of the generators that an evaluation moved, those that training draws from: one that only evaluations use is the evaluation's own. */
const drawnInTraining = async (context: Context, { schedule }: Reference, { names }: Difference) => {
  if (schedule.evaluateAfter === null) return names
  const start = await (await context.at('initial')).digest()
  const moved = differenceIn(stateDifferences(start, await (await context.at('before-evaluation')).digest()), 'rng')
  const known = new Set((moved?.names ?? []).map(generatorOf))
  return names.filter((name) => known.has(generatorOf(name)))
}

/** A generator's state has parts: numpy.keys, numpy.pos. */
const generatorOf = (name: string): string => name.replace(/\.[^.]*$/, '')

const touchedBy = (context: Context, changed: readonly Difference[]): Outcome | null => {
  for (const [section, cause, words] of causes) {
    const found = differenceIn(changed, section)
    if (!found) continue
    return noGo(cause, `evaluation changes ${words}`, {
      seen: `${found.names.length} of ${found.of} changed during one evaluation: ${list(found.names)}`,
      expected: 'equal before and after, bitwise',
      where: placeOf(context.facts, 'evaluate', 'metrics', 'model', 'setup'),
      evidence: { sections: changed.map(({ section }) => section), first: found.names[0] ?? null },
      alternatives: section === 'buffers' ? ['no-eval-mode'] : [],
      advice: advice[cause] ?? null,
    })
  }
  return differenceIn(changed, 'counters')?.names.includes(stepCounter) ? stepsMoved(context) : null
}

const stepsMoved = ({ facts }: Context): Outcome =>
  noGo('evaluation-changes-progress', 'evaluation moves the step counter', {
    seen: 'another number of steps after one evaluation',
    expected: 'equal before and after',
    where: placeOf(facts, 'evaluate', 'setup'),
    advice: advice['evaluation-changes-progress'] ?? null,
  })

/** The program's own bookkeeping at an evaluation: a schedule that waits for a plateau, a count of evaluations. */
const bookkeeping = (changed: readonly Difference[]): Difference[] =>
  changed.filter(({ section }) => section === 'schedule' || section === 'counters')

/** Every schedule that moved counts bad evaluations or keeps the best: it waits for a plateau, and is stepped where the score is known. */
export const waitsForPlateau = ({ section, names }: Pick<Difference, 'section' | 'names'>): boolean => {
  // Lightning's own: gonogo keeps the score that its schedule will ask for
  if (section === 'counters') return names.every((name) => name.startsWith('extra.monitored.'))
  const waiting = new Set(names.filter((name) => plateau.test(name)).map((name) => name.replace(plateau, '')))
  return section === 'schedule' && names.every((name) => waiting.has(name.slice(0, name.lastIndexOf('.'))))
}

const plateau = /\.(best|num_bad_epochs|cooldown_counter)$/

/**
 * The mode after one more training step, against the mode after the training step before the evaluation; and whether anything here
 * depends on it: without dropout and running statistics the step is the same in either mode, and nothing is wrong with it.
 */
const modeStuck = async (context: Context, { schedule }: Reference): Promise<Outcome | null> => {
  if (schedule.evaluateAfter === null || schedule.evaluateAfter >= schedule.steps) return null
  const trial = await context.at('before-evaluation')
  const before = await trial.digest()
  await trial.evaluate({ sameNoise: true })
  const [stuck] = await trial.steps({ steps: 1 })
  const after = await trial.digest()
  const found = differenceIn(stateDifferences(before, after), 'mode')
  if (!found || !stuck) return null
  const plain = await context.at('before-evaluation')
  const [free] = await plain.steps({ steps: 1 })
  const rest = stateDifferences(await plain.digest(), after).filter(({ section }) => isTrained.has(section))
  if (free && !partedBy(context.repeatability, stuck.loss, free.loss, rest.length > 0)) return null
  return noGo('evaluation-changes-mode', 'after an evaluation training goes on in evaluation mode', {
    seen: `${found.names.length} of ${found.of} modules still in evaluation mode after the next training step: ${list(found.names)}`,
    expected: 'the mode that training steps had before the evaluation',
    where: placeOf(context.facts, 'evaluate', 'train_step'),
    evidence: { modules: found.names.length, first: found.names[0] ?? null },
    advice: advice['evaluation-changes-mode'] ?? null,
  })
}

const isTrained: ReadonlySet<string> = new Set(['parameters', 'buffers', 'optimizer'])

/** Of one step done twice: whether it came out otherwise, beyond what the device does by itself. */
const partedBy = (known: Repeatability, a: number, b: number, differs: boolean): boolean => {
  const apart = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE)
  return known.kind === 'rounding' ? !(apart <= 10 * known.spread) : differs || apart !== 0
}

/** The rest of the reference run, from just before its evaluation, without it. */
const againstWithout = async (
  context: Context,
  reference: Reference,
  own: ReadonlySet<string>,
  moved: { readonly rng: boolean; readonly kept: boolean },
): Promise<Outcome | null> => {
  const { evaluateAfter, steps } = reference.schedule
  if (evaluateAfter === null || evaluateAfter >= steps || context.repeatability.kind === 'unseeded') return null
  const trial = await context.at('before-evaluation')
  const records = await trial.steps({ steps: steps - evaluateAfter })
  const divergence = firstDivergence(reference.records.slice(evaluateAfter), records)
  const final = without(stateDifferences(reference.final, await trial.digest()), own).filter(
    ({ section }) => section !== 'mode' && section !== 'rng',
  )
  if ((!divergence && final.length === 0) || context.repeatability.kind === 'rounding') return null
  if (moved.kept || !(await repeats(context, reference))) return null
  const found = {
    seen: describe(divergence, final),
    expected: 'the same steps, bitwise',
    where: placeOf(context.facts, 'evaluate', 'train_step'),
    evidence: { step: divergence?.step ?? null, sections: final.map(({ section }) => section) },
  }
  if (moved.rng)
    return warn(
      'evaluation-consumes-rng',
      'training depends on how often it is evaluated: evaluation draws from its generators',
      {
        ...found,
        advice: 'give the validation loader a generator of its own',
      },
    )
  return noGo('evaluation-changes-progress', 'training with an evaluation in between is not training without', {
    ...found,
    alternatives: ['evaluation-changes-mode'],
    advice: 'look for something that evaluate() changes and that no state holds: a global, a cache, an iterator',
  })
}

/** With the evaluation, do the same steps come again? If not, the evaluation is not what makes the difference. */
const repeats = async (context: Context, { schedule, records }: Reference): Promise<boolean> => {
  const trial = await context.at('before-evaluation')
  await trial.evaluate({ limit: evaluationLimit })
  const again = await trial.steps({ steps: schedule.steps - (schedule.evaluateAfter ?? 0) })
  return firstDivergence(records.slice(schedule.evaluateAfter ?? 0), again) === null
}

const describe = (divergence: Divergence | null, final: readonly Difference[]): string =>
  divergence
    ? `step ${divergence.step}: ${divergence.what} ${divergence.left} with, ${divergence.right} without`
    : `${list(final.map(({ section }) => section))} differ at the end`
