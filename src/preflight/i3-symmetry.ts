// I3: the units of a layer are not copies of each other that training keeps equal.
// Not units that are dead (O1) or layers that start at zero: those are fine as long as their gradients differ.
//
// Units with equal incoming weights compute the same, and where their outgoing weights are equal too they get the same gradient and
// stay copies for ever. So the signature is a pair: one parameter whose units are all equal, and another in which what leaves these
// units is equal, in the weights AND in the gradients, with weights and gradients that are not zero. Either alone is healthy: a head
// of zeros or ones on random features gets a gradient of its own for each column; a zero-initialised residual branch, LoRA's B or a
// LayerScale wake up at the first step. Dropout alone tells copies apart, slowly: what it breaks warns.
import type { Trace } from '../contract/index.ts'
import { define, go, noGo, placeOfTensor, plural, skipped, warn } from './check.ts'
import type { Trial } from './trial.ts'

type Symmetry = Trace['symmetry'][string]
type Counts = Symmetry['weights']

/** One way to read a matrix: rows are units and columns what comes in, or, stored transposed, the other way round. */
type Reading = {
  readonly units: number
  readonly distinctUnits: number
  readonly inputs: number
  readonly distinctInputs: number
}

export type Copies = { readonly layer: string; readonly units: number; readonly into: string }

export const i3 = define({
  code: 'I3',
  needs: ['trace', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const base = Math.max(0, ...context.facts.optimizers.flatMap(({ learningRates }) => learningRates))
    const rate = base > 0 ? base : 1e-3
    const trial = await context.at('initial')
    const plain = await traced(trial, rate, false)
    const matrices = new Set(plain.flatMap(({ symmetry }) => Object.keys(symmetry)))
    if (matrices.size === 0) return skipped('the model has no matrices whose units could be copies')
    const found = copiesIn(plain)
    const constant = copiesIn(plain, 'weights alone')[0]
    const evidence = { matrices: matrices.size, rate }
    const all = plain.slice(0, 1).every(areConstant)
    if (found.length === 0 && constant)
      // one such layer may be a mean that is learnt; a network of nothing else has not been initialised
      return (all ? noGo : warn)('symmetric-units', `every unit of ${constant.layer} starts as a copy of the others`, {
        seen: `all ${constant.units} units of ${constant.layer} have equal weights, and so are the weights from them in ${constant.into}; only biases tell them apart`,
        expected: 'units that differ: equal ones learn nearly the same',
        where: placeOfTensor(context.facts, constant.layer),
        evidence,
        advice: 'draw the weights at random (the layers’ own initialisers do), never from a constant',
      })
    if (found.length === 0)
      return go(`${plural(matrices.size, 'matrix').replace('matrixs', 'matrices')}: no layer of copies`, {
        seen: `${matrices.size} matrices; in none are all units equal, in weights and gradients, going in and going out`,
        expected: 'units that differ, or get gradients that differ',
        evidence,
      })
    const first = found[0] as Copies
    await trial.restore('initial')
    const asTrained = copiesIn(await traced(trial, rate, true))
    const holds = {
      seen: `all ${first.units} units of ${first.layer} are equal, and so are the weights from them in ${first.into}; their gradients are equal too`,
      expected: 'units that differ: equal ones stay equal for ever, and are worth a single unit',
      where: placeOfTensor(context.facts, first.layer),
      evidence: { ...evidence, layers: found.map(({ layer }) => layer), units: first.units, into: first.into },
      advice: 'draw the weights at random (the layers’ own initialisers do), never from a constant',
    }
    const title = `every unit of ${first.layer} is a copy of the others`
    return asTrained.length > 0
      ? noGo('symmetric-units', title, holds)
      : warn('symmetric-units', title, { ...holds, seen: `${holds.seen}; only noise (dropout) tells them apart` })
  },
})

/** Every matrix that is not zero is one value throughout. */
const areConstant = ({ symmetry }: Trace): boolean => {
  const filled = Object.values(symmetry).filter(({ weights }) => !weights.zero)
  return (
    filled.length >= 2 && filled.every(({ weights }) => weights.distinctRows === 1 && weights.distinctColumns === 1)
  )
}

/** Four steps in two probes, since a probe looks along the graph of its first two: layers of zeros wake up one after another. */
const traced = async (trial: Trial, learningRate: number, regularisation: boolean): Promise<Trace[]> => {
  const probe = { steps: 2, observe: true, trace: true, learningRate, regularisation }
  const records = [...(await trial.steps(probe)), ...(await trial.steps(probe))]
  return records.flatMap(({ trace }) => trace ?? [])
}

/** Layers that are copies at any of the steps: weights of zero may only become equal ones with the first step. */
export const copiesIn = (
  traces: readonly Pick<Trace, 'symmetry'>[],
  of: 'weights and gradients' | 'weights alone' = 'weights and gradients',
): Copies[] => {
  const found = new Map<string, Copies>()
  for (const { symmetry } of traces) {
    const layers = Object.entries(symmetry).map(
      ([name, one]) =>
        [name, of === 'weights alone' && one.gradients ? { ...one, gradients: one.weights } : one] as const,
    )
    for (const [layer, one] of layers)
      for (const units of equalUnits(one)) {
        const into = layers.find(([other, next]) => other !== layer && leavesEqually(next, units))
        if (into && !found.has(layer)) found.set(layer, { layer, units, into: into[0] })
      }
  }
  return [...found.values()]
}

const readings = ({ rows, distinctRows, columns, distinctColumns }: Counts): Reading[] => [
  { units: rows, distinctUnits: distinctRows, inputs: columns, distinctInputs: distinctColumns },
  { units: columns, distinctUnits: distinctColumns, inputs: rows, distinctInputs: distinctRows },
]

/**
 * Gradients of copies may differ in their last places where a kernel adds up in blocks, and gates that share one matrix have a
 * gradient each: a few different rows among many.
 */
const few = (distinct: number, of: number): boolean => distinct === 1 || distinct <= of / 4

/** How many equal units this parameter holds, in either reading; none where it or its gradient is zero. */
const equalUnits = ({ weights, gradients }: Symmetry): number[] => {
  if (!gradients || weights.zero || gradients.zero) return []
  const ofGradients = readings(gradients)
  return readings(weights).flatMap(({ units, distinctUnits }, i) => {
    const gradient = ofGradients[i]
    return units > 1 && distinctUnits === 1 && gradient && few(gradient.distinctUnits, units) ? [units] : []
  })
}

/** The parameter takes something from each of these units, and takes the same from all: whole blocks of inputs after a flatten. */
const leavesEqually = ({ weights, gradients }: Symmetry, units: number): boolean => {
  if (!gradients || weights.zero || gradients.zero) return false
  const ofGradients = readings(gradients)
  return readings(weights).some(({ inputs, distinctInputs }, i) => {
    const gradient = ofGradients[i]
    const blocks = inputs / units
    const most = Math.max(blocks, inputs / 4)
    return (
      inputs >= units &&
      inputs % units === 0 &&
      !!gradient &&
      distinctInputs <= blocks &&
      gradient.distinctInputs <= most &&
      gradient.distinctInputs < inputs
    )
  })
}
