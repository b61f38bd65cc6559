// K2: every section of the state that training changes is in the checkpoint, and comes back from it.
// Not whether training then goes on equally: that is K1, which also judges position and generators by what they do.
//
// Save; train on; load: the state of the save must be back (a snapshot that shares memory with the live state fails here). Then
// every changed section is scrambled, and the load must undo that too. Exact, by digest.
import type { Section } from '../contract/index.ts'
import { define, go, list, noGo, type Outcome, placeOf, skipped, warn } from './check.ts'
import { type Difference, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import type { Reference, Save } from './reference.ts'
import { adviceOf, causeOf, isSaved, order, wordsOf } from './restored.ts'
import type { Snapshot, Trial } from './trial.ts'
import { nameOf } from './untrained.ts'

/** Whose digests may differ in form after a load and mean the same; K1 judges them by their effect. */
const judgedByEffect: readonly Section[] = ['position', 'rng']
const scrambled: readonly Section[] = ['parameters', 'buffers', 'optimizer', 'ema', 'scaler']

export const k2 = define({
  code: 'K2',
  needs: ['persist', 'reset'],
  guarantee: 'checkpointCoversState',
  after: [],
  heeds: ['K1'],
  costClass: 'warm',
  async run(context) {
    const reference = await context.reference()
    const changed = stateDifferences(reference.initial, reference.final)
      .map(({ section }) => section)
      .filter(isSaved)
    const save = reference.saves.at(-1)
    if (!save) {
      if (reference.saveCrash) throw reference.saveCrash
      return skipped('the run is too short to be saved on the way')
    }
    const impure = changedBySaving(context, reference)
    if (impure?.status === 'NO-GO') return impure
    const aliases = await snapshotAliases(context, reference, changed)
    if (aliases) return aliases
    const trial = await context.at('trained')
    // the steps since the save are the training on; the live state has moved away from what was saved
    await trial.load(save.dir)
    const afterTraining = lostFrom(reference, save, await trial.digest(), changed)
    await scramble(trial, changed)
    await trial.load(save.dir)
    const afterScramble = lostFrom(reference, save, await trial.digest(), changed)
    return (
      lostOutcome(context, changed, afterScramble.length > 0 ? afterScramble : afterTraining) ??
      impure ??
      go(`${changed.length} of ${changed.length} state sections change, are saved, return`, {
        seen: `${changed.join(', ')}: scrambled, loaded, equal to the saved state`,
        expected: 'each section that training changes, bitwise',
        evidence: { sections: changed, savedAtStep: save.step },
      })
    )
  },
})

/** Weights that training leaves alone, a frozen body's, may come from elsewhere: whether the file must hold them is K4's to say. What evaluations keep for themselves no step misses. */
const lostFrom = (
  { initial, evaluations }: Reference,
  save: Save,
  now: Save['before'],
  changed: readonly Section[],
): Difference[] => {
  const digest = (snapshot: Snapshot, section: Section, name: string) =>
    snapshot.get(section)?.entries.get(name)?.digest
  const untouched = (section: Section, name: string) =>
    (section === 'parameters' || section === 'buffers') &&
    digest(initial, section, name) === digest(save.before, section, name)
  return stateDifferences(save.before, now)
    .filter(({ section }) => section !== 'mode' && changed.includes(section))
    .flatMap((found) => {
      const names = found.names.filter(
        (name) => !untouched(found.section, name) && !evaluations.has(nameOf(found.section, name)),
      )
      return names.length === 0 && found.names.length > 0 ? [] : [{ ...found, names }]
    })
}

/** Saving must only read. A generator that moves has no cause to, but does little harm. */
const changedBySaving = (context: Context, { saves }: Reference): Outcome | null => {
  for (const save of saves) {
    const moved = stateDifferences(save.before, save.after).filter(({ section }) => section !== 'mode')
    const found = moved.find(({ section }) => section !== 'rng') ?? moved[0]
    if (!found) continue
    const level = found.section === 'rng' ? warn : noGo
    const words = isSaved(found.section) ? wordsOf[found.section] : found.section
    return level('save-changes-state', `saving changes the ${words}`, {
      seen: `${found.names.length} of ${found.of} entries changed while saving after step ${save.step}: ${list(found.names)}`,
      expected: 'a save that only reads',
      where: placeOf(context.facts, 'save'),
      evidence: { section: found.section, step: save.step, first: found.names[0] ?? null },
      advice: 'save copies: put averaged or converted weights back before save() returns',
    })
  }
  return null
}

const scramble = async (trial: Trial, changed: readonly Section[]): Promise<void> => {
  for (const section of scrambled) if (changed.includes(section)) await trial.scramble(section)
}

/**
 * A save, an update of the live state, a load: what comes back must be the saved state. If it is the later, live one, even after
 * the live state was scrambled, the file was written from memory that training went on to change.
 */
const snapshotAliases = async (
  context: Context,
  { schedule }: Reference,
  changed: readonly Section[],
): Promise<Outcome | null> => {
  const trial = await context.at(schedule.evaluateAfter === null ? 'trained' : 'before-evaluation')
  const saved = await trial.digest()
  const dir = await context.folder()
  await trial.save(dir)
  await trial.steps({ steps: 1 })
  const live = await trial.digest()
  await trial.load(dir)
  const differs = (from: Snapshot, to: Snapshot) =>
    stateDifferences(from, to).filter(({ section }) => changed.includes(section) && scrambled.includes(section))
  const loaded = await trial.digest()
  const found = differs(saved, loaded).filter(
    ({ section }) => loaded.get(section)?.digest === live.get(section)?.digest,
  )
  if (found.length === 0) return null
  await scramble(trial, changed)
  await trial.load(dir)
  const again = await trial.digest()
  // a section that is not saved at all stays scrambled: that is another fault
  if (!found.some(({ section }) => again.get(section)?.digest === live.get(section)?.digest)) return null
  const [first] = found
  if (!first) return null
  return noGo('snapshot-aliases-live-state', 'training after a save changes what was saved', {
    seen: `${first.names.length} of ${first.of} ${first.section} differ from the saved state after one more step and a load: ${list(first.names)}`,
    expected: 'the state at the moment of the save',
    where: placeOf(context.facts, 'save', 'load'),
    evidence: { sections: found.map(({ section }) => section), first: first.names[0] ?? null },
    alternatives: isSaved(first.section) ? [causeOf[first.section]] : [],
    advice: 'copy tensors before the save returns: detach().clone(), or write the file at once',
  })
}

const lostOutcome = (context: Context, changed: readonly Section[], lost: readonly Difference[]): Outcome | null => {
  const culprits = order.filter((section) => lost.some((difference) => difference.section === section))
  const [culprit] = culprits
  if (!culprit) return null
  const onlyForm = culprits.every((section) => judgedByEffect.includes(section))
  if (onlyForm && context.outcomes.get('K1')?.status === 'GO') return null
  const difference = lost.find(({ section }) => section === culprit)
  const words = {
    seen: `${wordsOf[culprit]}: ${difference?.names.length} of ${difference?.of} entries differ from the saved state after the load, ${list(difference?.names ?? [])}`,
    expected: 'each section that training changes, bitwise as it was saved',
    where: placeOf(context.facts, 'save', 'load', 'setup'),
    evidence: { sections: [...changed], notRestored: [...culprits], lost: [...(difference?.names ?? [])] },
    alternatives: [
      'section-not-saved',
      'section-not-loaded',
      ...culprits.slice(1).map((section) => causeOf[section]),
    ] as const,
    advice: adviceOf[culprit],
  }
  const title = `the ${wordsOf[culprit]} ${culprit === 'parameters' || culprit === 'buffers' || culprit === 'rng' ? 'do' : 'does'} not come back from a checkpoint`
  return onlyForm ? warn(causeOf[culprit], title, words) : noGo(causeOf[culprit], title, words)
}
