// O2: an update is made of its own gradients: what lay in .grad before it does not count. A missing zero_grad().
// Not whether accumulation is averaged rightly (O7).
//
// The same update is made again from one captured state, on the same batch and from the same generators, with the gradients of
// the time before left where they are. All that differs is .grad, so a correct program repeats its gradient; one that never
// clears it gives twice and then three times as much. Accumulation that the program means is within the update, and repeats.
// Where the gradient changes, the update is made once more with .grad cleared: only if that brings the first gradient back is
// .grad to blame, and not some other state that the harness does not hold (a queue, a counter).
import { define, go, list, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import { baseRate, type Cycle, cycle, frozenSize, whole } from './cycle.ts'
import { gradientRounding } from './rounding.ts'

export const o2 = define({
  code: 'O2',
  needs: ['gradients', 'frozenBatch', 'reset'],
  guarantee: 'gradientsStartAtZero',
  after: ['O1'],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    const probe = {
      batch: { frozen: frozenSize(context) },
      regularisation: false,
      learningRate: baseRate(context),
    } as const
    const first = await cycle(context, trial, probe)
    if (first === null) return skipped('no update was made in 64 steps')
    const calls = first.records.length
    const again = async (gradients: 'restored' | 'kept'): Promise<Cycle> => {
      await trial.restore('initial', gradients)
      return (await cycle(context, trial, probe, calls)) as Cycle
    }
    const second = await again('kept')
    const tolerance = context.plan.run.train.precision === 'float32' ? 1e-3 : 2e-2
    const changed = leaks(first, second, tolerance)
    if (changed.length === 0)
      return go(`an update made twice from one state has the same gradient${per(calls)}`, {
        seen: `gradient ${[...second.gradients.values()].map((one) => number(whole(one))).join(', ')} both times`,
        expected: 'the gradients of the update before play no part',
        evidence: { calls, tolerance },
      })
    const third = await again('kept')
    const cleared = leaks(first, await again('restored'), tolerance)
    await trial.restore('initial')
    if (cleared.length > 0)
      return skipped('an update made twice from one state differs by itself: no gradient can be compared')
    return verdict({ first, second, third, changed, calls, where: placeOf(context.facts, 'train_step', 'setup') })
  },
})

const per = (calls: number): string => (calls === 1 ? '' : `, ${calls} steps an update`)

type Leak = { readonly optimizer: string; readonly name: string; readonly of: number }

/** Parameters whose gradient differs between two cycles; `of`: parameters of that optimizer that were compared. */
export const leaks = (first: Cycle, second: Cycle, tolerance: number): Leak[] =>
  [...first.gradients].flatMap(([optimizer, before]) => {
    const floor = gradientRounding * whole(before)
    const compared = [...before].filter(([, gradient]) => Number.isFinite(gradient) && gradient > floor)
    const after = second.gradients.get(optimizer)
    return compared
      .filter(([name, gradient]) => Math.abs((after?.get(name) ?? 0) - gradient) > tolerance * gradient)
      .map(([name]) => ({ optimizer, name, of: compared.length }))
  })

type Found = {
  readonly first: Cycle
  readonly second: Cycle
  readonly third: Cycle
  readonly changed: readonly Leak[]
  readonly calls: number
  readonly where: string | null
}

const verdict = ({ first, second, third, changed, calls, where }: Found): Outcome => {
  const at = (cycle: Cycle, { optimizer, name }: Leak): number =>
    cycle.gradients.get(optimizer)?.get(name) ?? Number.NaN
  const ratios = (leak: Leak) => [at(second, leak) / at(first, leak), at(third, leak) / at(first, leak)] as const
  const exact = changed.filter((leak) => {
    const [twice, thrice] = ratios(leak)
    return Math.abs(twice - 2) < 0.04 && Math.abs(thrice - 3) < 0.06
  })
  const [worst] = exact.length > 0 ? exact : changed
  if (!worst) throw new Error('nothing leaks')
  const norms = [first, second, third].map((cycle) => at(cycle, worst))
  const names = list((exact.length > 0 ? exact : changed).map(({ name }) => name))
  const found = {
    seen: `gradient of ${worst.name} ${norms.map(number).join(', ')} when one update is made three times from one state${per(calls)}; with .grad cleared in between ${number(norms[0] ?? 0)} again`,
    expected: `${number(norms[0] ?? 0)} each time`,
    where,
    evidence: {
      calls,
      optimizer: worst.optimizer,
      parameters: changed.map(({ name }) => name),
      gradients: norms,
      ratios: [...ratios(worst)],
    },
    advice: 'optimizer.zero_grad() before backward(), once for each update',
  }
  // most of one optimizer, exactly once more each time: nobody means that
  if (exact.length > 0 && exact.filter(({ optimizer }) => optimizer === worst.optimizer).length >= worst.of / 2)
    return noGo('gradients-not-zeroed', 'gradients are never cleared: each update adds all those before it', found)
  if (exact.length > 0)
    return warn('gradients-not-zeroed', `gradients of ${plural(exact.length, 'parameter')} are never cleared`, {
      ...found,
      seen: `${found.seen}; the same for ${names}`,
    })
  return warn('gradients-not-zeroed', 'gradients of the update before reach the next one', found)
}
