// What an evaluation changes and training has no use for: a counter of hits, a copy of the best weights, an average that gets statistics
// of its own before it is scored. A part of V3. Not what any evaluation leaves in a tensor that training goes on from.
//
// The steps after an evaluation are those without one, bit by bit; and what it has changed is either overwritten by training until then,
// or was never touched by it.
import { type Difference, firstDivergence, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import type { Reference } from './reference.ts'
import type { Snapshot } from './trial.ts'
import { bearing, untrained, without } from './untrained.ts'

/** The changes that are not the evaluation's own business; all of them where training cannot be compared. */
export const othersThanOwn = async (
  context: Context,
  { initial, schedule }: Reference,
  before: Snapshot,
  changed: readonly Difference[],
): Promise<readonly Difference[]> => {
  const { evaluateAfter, steps } = schedule
  if (evaluateAfter === null || evaluateAfter >= steps) return changed
  const own = untrained(initial, before, changed)
  const after = async (evaluated: boolean) => {
    const trial = await context.at('before-evaluation')
    if (evaluated) await trial.evaluate({ sameNoise: true })
    const records = await trial.steps({ steps: steps - evaluateAfter })
    return { records, state: await trial.digest() }
  }
  const [plain, evaluated] = [await after(false), await after(true)]
  const parted = without(stateDifferences(plain.state, evaluated.state), own)
  const bears = ({ section }: Difference) => bearing.includes(section)
  return firstDivergence(plain.records, evaluated.records) === null && !parted.some(bears)
    ? changed.filter((one) => !bears(one))
    : changed
}
