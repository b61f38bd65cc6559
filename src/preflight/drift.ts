// Running statistics of batch norm layers whose weights are frozen, and which training moves all the same.
// Not parameters that move (o1-trainable-set.ts).
//
// It only warns: people who freeze a body often leave its statistics to adapt to the new data, and a pattern such as `bn*` in a declaration
// rarely means to speak of them.
import type { Facts } from '../contract/index.ts'
import { list, type Outcome, placeOfTensor, plural, warn } from './check.ts'
import type { Snapshot } from './trial.ts'

const statistics = /(^|\.)running_(mean|var)$/

export const driftingStatistics = (
  facts: Pick<Facts, 'tensors' | 'where'>,
  before: Snapshot,
  after: Snapshot,
): Outcome | null => {
  const digest = (snapshot: Snapshot, name: string) => snapshot.get('buffers')?.entries.get(name)?.digest
  const weights = (snapshot: Snapshot, name: string) => snapshot.get('parameters')?.entries.get(name)?.digest
  const moved = facts.tensors.filter(
    ({ kind, name }) => kind === 'buffer' && statistics.test(name) && digest(before, name) !== digest(after, name),
  )
  const affine = new Map(facts.tensors.filter(({ kind }) => kind === 'parameter').map((one) => [one.name, one]))
  const isStill = (name: string): boolean => {
    const own = ['weight', 'bias'].flatMap((leaf) => affine.get(name.replace(statistics, `$1${leaf}`)) ?? [])
    // a copy that follows the model, an average of it, takes its statistics along with its weights
    const follows = own.some((one) => weights(before, one.name) !== weights(after, one.name))
    return own.length > 0 && !follows && own.every(({ trainable, frozen }) => !trainable || frozen)
  }
  const drifting = moved.filter(({ name }) => isStill(name))
  const told = drifting.toSorted((a, b) => Number(b.frozen) - Number(a.frozen))
  if (told.length === 0) return null
  const found = {
    seen: `${list(told.map(({ name }) => name))} changed in three steps, and the weights beside them are frozen`,
    expected: 'no change: what is frozen is frozen as a whole',
    where: placeOfTensor(facts, told[0]?.name),
    evidence: { drifting: told.map(({ name }) => name), declared: told.filter(({ frozen }) => frozen).length },
    advice: 'keep frozen batch norm layers in evaluation mode: call .eval() on them after each model.train()',
  }
  const title = `${plural(told.length, 'running statistic')} of frozen layers ${told.length === 1 ? 'goes' : 'go'} on moving`
  return warn('frozen-parameter-moves', title, found)
}
