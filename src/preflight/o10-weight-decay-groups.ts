// O10: weight decay is for weight matrices: where it is strong, or where a program takes some tensors out of it, it is
// by their role, their shape, and not by a name that misses some.
// It only warns: decay on everything, at the small rate that optimizers come with, is what most programs do.
import type { TensorFact } from '../contract/index.ts'
import { define, go, list, number, placeOf, plural, skipped, warn } from './check.ts'

/** Above what optimizers come with (0.01), somebody has chosen it. */
const strong = 0.05

export const o10 = define({
  code: 'O10',
  needs: [],
  after: [],
  costClass: 'none',
  async run({ facts }) {
    const known = facts.tensors.filter(
      ({ kind, tiedTo, trainable, frozen, optimizers, weightDecay }) =>
        kind === 'parameter' &&
        tiedTo === null &&
        trainable &&
        !frozen &&
        optimizers.length > 0 &&
        typeof weightDecay === 'number',
    )
    if (known.length === 0) return skipped('the engine does not tell which parameter has which weight decay')
    const decayed = ({ weightDecay }: TensorFact) => (weightDecay ?? 0) > 0
    const vectors = known.filter(({ shape }) => shape.length <= 1)
    const matrices = known.filter(({ shape }) => shape.length > 1)
    const shrunk = vectors.filter(decayed)
    const spared = vectors.filter((one) => !decayed(one))
    const most = Math.max(0, ...known.map(({ weightDecay }) => weightDecay ?? 0))
    const names = (tensors: readonly TensorFact[]) => list(tensors.map(({ name }) => name))
    const found = {
      seen: `weight decay up to ${number(most)}: on ${matrices.filter(decayed).length} of ${matrices.length} matrices and ${shrunk.length} of ${vectors.length} vectors`,
      expected: 'decay on weight matrices; none on biases and norms, or the same weak one on all',
      where: placeOf(facts, 'optimizer', 'optimizers', 'setup'),
      evidence: {
        largest: most,
        decayedVectors: shrunk.map(({ name }) => name),
        vectors: vectors.length,
        matrices: matrices.length,
      },
      advice: 'group by shape: decay for parameters of two dimensions and more, 0 for the rest',
    }
    if (shrunk.length > 0 && spared.length > 0 && !hasOwnOptimizer(shrunk, spared))
      return warn(
        'weight-decay-on-wrong-tensors',
        `weight decay spares ${spared.length} biases and norms and not ${plural(shrunk.length, 'other')}`,
        {
          ...found,
          seen: `${found.seen}: spared ${names(spared)}, not ${names(shrunk)}`,
        },
      )
    if (shrunk.length > 0 && matrices.length > 0 && !matrices.some(decayed))
      return warn('weight-decay-on-wrong-tensors', 'weight decay is on biases and norms, and on no matrix', found)
    const pulled = shrunk.filter(({ weightDecay }) => (weightDecay ?? 0) >= strong)
    if (pulled.length > 0)
      return warn('weight-decay-on-wrong-tensors', `a weight decay of ${number(most)} pulls biases and norms to zero`, {
        ...found,
        seen: `${found.seen}: ${names(pulled)}`,
      })
    return go(
      most === 0 ? 'no weight decay' : `weight decay ${number(most)}, by the role of each tensor or the same on all`,
      found,
    )
  },
})

/** Optimizers of different kinds may each have their own decay. */
const hasOwnOptimizer = (shrunk: readonly TensorFact[], spared: readonly TensorFact[]): boolean => {
  const of = (tensors: readonly TensorFact[]) => new Set(tensors.flatMap(({ optimizers }) => optimizers))
  const others = of(spared)
  return [...of(shrunk)].every((name) => !others.has(name))
}
