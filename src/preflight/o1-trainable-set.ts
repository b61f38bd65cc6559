// O1: what trains is what should: trainable parameters = parameters in optimizers = declared ones, and each of them moves.
// Not whether the loss falls (O4).
//
// A few steps at a forced learning rate, so that a warm-up or a rate of zero hides nothing; before a complaint once more, longer
// and at a hundred times the rate. NO-GO by signatures only: a parameter that receives a gradient and is in no optimizer; an
// optimizer whose every parameter stays without gradient; a gradient that moves nothing; a declared-frozen one that moves.
// Single parameters without gradient pass or warn (unused heads, experts, layers that nobody calls), and gradients that are
// mathematically zero (a bias before batch norm) are rounding: under 1e-6 of the whole gradient nothing is demanded.

import type { Facts, StepRecord, TensorFact, Trace } from '../contract/index.ts'
import { asleep, asleepIn, lapsed, lapsedIn, resting, restingIn, spectatorsIn, unreached } from './asleep.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, placeOfTensor, plural, warn } from './check.ts'
import { driftingStatistics } from './drift.ts'
import { inStep } from './in-step.ts'
import { flowPicture } from './pictures.ts'
import { gradientRounding } from './rounding.ts'
import { thawedLater } from './thawed.ts'
import type { Trial } from './trial.ts'

/** Steps after which a program that has made no update is taken to make none. */
const patience = 64

type Seen = {
  /** Largest gradient norm over the steps; null where there never was one. */
  readonly gradient: number | null
  /** The same as its optimizer saw it; absent where nobody looks. */
  readonly used?: number | null
  readonly change: number
}
export type Observation = {
  readonly of: ReadonlyMap<string, Seen>
  /** Largest norm of the whole gradient. */
  readonly whole: number
  readonly applied: number
  readonly steps: number
  readonly rate: number
  /** Loss terms that were not zero and whose graph reaches no parameter, at every step that was traced. */
  readonly deadTerms?: readonly string[]
  /** Matrices of zeros whose gradient was zero at every step, exactly. */
  readonly asleep?: readonly string[]
  /** Dropout and batch norm that every traced step called in evaluation mode, where none was in training mode. */
  readonly resting?: readonly string[]
  /** Those that were in training mode in the first step, and in evaluation mode in the next. */
  readonly lapsed?: readonly string[]
  /** The steps themselves, as far as they were traced. */
  readonly records?: readonly StepRecord[]
  /** Parameters in no optimizer, of parts that were in evaluation mode at every traced step. */
  readonly spectators?: readonly string[]
  /** Optimizers that made an update. */
  readonly stepped?: ReadonlySet<string>
  /** Leaf tensors with a gradient that nothing holds and nobody moves. */
  readonly strays?: readonly Trace['strays'][number][]
}

export const o1 = define({
  code: 'O1',
  needs: ['gradients', 'reset'],
  guarantee: 'optimizerOwnsTrainable',
  after: [],
  costClass: 'warm',
  async run(context) {
    const { facts } = context
    const declared = fromDeclarations(facts)
    if (declared?.status === 'NO-GO') return declared
    const { accumulate } = context.plan.run.train
    const base = Math.max(0, ...facts.optimizers.flatMap(({ learningRates }) => learningRates))
    const rate = base > 0 ? base : 1e-3
    const trial = await context.at('initial')
    const before = await trial.digest()
    const first = await observe(trial, 3 * accumulate, rate)
    const drifting = driftingStatistics(facts, before, await trial.digest())
    const complaint = judge(facts, first)
    const thawed = complaint.status === 'GO' ? await thawedLater(context, trial, rate) : null
    if (thawed) return { ...thawed, pictures: [flowPicture(facts, first.of)] }
    if (complaint.status === 'GO' && (drifting ?? declared)) return drifting ?? (declared as Outcome)
    if (complaint.status === 'GO' || complaint.cause === 'frozen-parameter-moves')
      return { ...complaint, pictures: [flowPicture(facts, first.of)] }
    await trial.restore('initial')
    const high = Math.max(1e-3, Math.min(1, 100 * rate))
    let second = await observe(trial, 10 * accumulate, high)
    if (second.applied === 0 && facts.optimizers.length > 0) {
      // parts that the program adds up by itself, or a memory that is filled first
      await trial.restore('initial')
      second = await observe(trial, patience * accumulate, high)
    }
    return { ...judge(facts, second), pictures: [flowPicture(facts, second.of)] }
  },
})

const observe = async (trial: Trial, steps: number, rate: number): Promise<Observation> =>
  observationOf(
    await trial.steps({ steps, learningRate: rate, observe: true, trace: trial.facts.can.trace === 'yes' }),
    rate,
  )

/** The largest gradient and change of each parameter over the steps. */
export const observationOf = (records: readonly StepRecord[], rate: number): Observation => {
  const of = new Map<string, Seen>()
  let whole = 0
  let applied = 0
  for (const record of records) {
    let square = 0
    if (record.updates.some(({ outcome }) => outcome === 'applied')) applied++
    for (const [name, { gradient, clipped, change }] of Object.entries(record.parameters ?? {})) {
      const before = of.get(name)
      square += (gradient ?? 0) ** 2
      of.set(name, {
        gradient: gradient === null ? (before?.gradient ?? null) : Math.max(gradient, before?.gradient ?? 0),
        used: Math.max(clipped ?? 0, before?.used ?? 0),
        change: Math.max(change, before?.change ?? 0),
      })
    }
    whole = Math.max(whole, Math.sqrt(square))
  }
  return {
    of,
    whole,
    applied,
    steps: records.length,
    rate,
    deadTerms: deadTerms(records),
    strays: strays(records),
    spectators: spectatorsIn(records),
    stepped: new Set(
      records.flatMap(({ updates }) => updates.flatMap((one) => (one.outcome === 'applied' ? [one.optimizer] : []))),
    ),
    asleep: asleepIn(records),
    resting: restingIn(records),
    lapsed: lapsedIn(records),
    records: records.filter(({ trace }) => trace),
  }
}

const traced = (records: readonly StepRecord[]) =>
  records.flatMap(({ trace, terms }) => (trace ? [{ trace, values: new Map(Object.entries(terms)) }] : []))

/** A term that is zero may only wait for its warm-up; one whose graph was not seen may reach anything. */
const deadTerms = (records: readonly StepRecord[]): string[] => {
  const seen = traced(records)
  const names = new Set(seen.flatMap(({ trace }) => Object.keys(trace.terms)))
  const reached = ({ trace }: (typeof seen)[number], name: string) => new Map(Object.entries(trace.terms)).get(name)
  return [...names].filter((name) =>
    seen.every((step) => reached(step, name)?.length === 0 && (step.values.get(name) ?? 0) !== 0),
  )
}

/** A leaf that stays what it is from one batch to the next is no input; and one that gets a gradient was meant to train. */
const strays = (records: readonly StepRecord[]) =>
  traced(records).flatMap(({ trace }) => trace.strays.filter(({ stays, gradient }) => stays && (gradient ?? 0) > 0))

const parametersOf = ({ tensors }: Pick<Facts, 'tensors'>): TensorFact[] =>
  tensors.filter(({ kind, tiedTo }) => kind === 'parameter' && tiedTo === null)

/** Faults that need no step: an optimizer that holds nothing trainable. */
export const fromDeclarations = (facts: Pick<Facts, 'tensors' | 'optimizers' | 'where'>): Outcome | null => {
  const parameters = parametersOf(facts)
  const trainable = parameters.filter(({ trainable, frozen }) => trainable && !frozen)
  for (const { name } of facts.optimizers) {
    const held = parameters.filter(({ optimizers }) => optimizers.includes(name))
    if (held.some((parameter) => parameter.trainable)) continue
    const evidence = { optimizer: name, held: held.length, trainable: trainable.length, parameters: parameters.length }
    const where = placeOf(facts, 'optimizer', 'optimizers', 'setup')
    // layers that are thawed later have their optimizer from the start; a tensor that only the optimizer holds was never meant to rest
    const later = trainable.some((one) => one.optimizers.length > 0) && !held.some((one) => isItsOwn(name, one))
    // a copy of the model, an average of it: what trains is elsewhere
    if (held.length > 0 && trainable.length > 0 && trainable.every(({ optimizers }) => optimizers.length === 0))
      return noGo(
        'parameter-not-in-optimizer',
        `optimizer ${name} holds frozen parameters alone, and none that trains`,
        {
          seen: `${list(held.map((held) => held.name))}: no gradient required; in no optimizer: ${list(trainable.map((one) => one.name))}`,
          expected: `the ${trainable.length} trainable ones`,
          where,
          evidence,
          alternatives: ['parameter-without-gradient'],
          advice: 'hand the optimizer the parameters of the model that trains, not of a copy',
        },
      )
    if (held.length > 0)
      return (later ? warn : noGo)('parameter-without-gradient', `every parameter in optimizer ${name} is frozen`, {
        seen: `${held.length} of ${held.length} do not require a gradient, ${list(held.map((held) => held.name))}`,
        expected: 'at least one trainable parameter in each optimizer',
        where,
        evidence,
        alternatives: ['parameter-not-in-optimizer'],
        advice: 'requires_grad_(True) for what should train, or hand the optimizer the parameters that are trainable',
      })
    return noGo('parameter-not-in-optimizer', `optimizer ${name} holds no parameter of the model`, {
      seen: `0 of ${parameters.length} parameters`,
      expected: `the ${trainable.length} trainable ones`,
      where,
      evidence,
      advice: 'make the optimizer after the model, from the parameters of that very model',
    })
  }
  return null
}

/** Named after its place in the optimizer: no module holds it. */
const isItsOwn = (optimizer: string, { name }: TensorFact): boolean =>
  name.startsWith(`${optimizer}.`) && /^\d+\.\d+$/.test(name.slice(optimizer.length + 1))

/** The verdict on what was observed. */
export const judge = (facts: Pick<Facts, 'tensors' | 'optimizers' | 'where'>, seen: Observation): Outcome => {
  const parameters = parametersOf(facts)
  const at = (name: string): Seen => seen.of.get(name) ?? { gradient: null, change: 0 }
  const receives = ({ name }: TensorFact) => (at(name).gradient ?? 0) > gradientRounding * seen.whole
  const names = (found: readonly TensorFact[]) => list(found.map(({ name }) => name))
  const owned = parameters.filter(({ trainable, frozen, optimizers }) => trainable && !frozen && optimizers.length > 0)
  // what moves without an optimizer is moved by the program's own hand
  const byHand = ({ name, optimizers }: TensorFact) => optimizers.length === 0 && at(name).change > 0
  const spectators = new Set(seen.spectators)
  const loose = parameters.filter(
    (one) => one.trainable && !one.frozen && one.optimizers.length === 0 && receives(one) && !byHand(one),
  )
  const orphans = loose.filter(({ name }) => !spectators.has(name))
  const thawed = parameters.filter(({ name, frozen }) => frozen && at(name).change > 0)
  const moved = owned.filter(({ name }) => at(name).change > 0)
  // Where several optimizers take turns, a gradient may come from the other one's loss and be discarded, rightly: a bias of a
  // discriminator gets one from the generator's, while its own is zero as long as a hinge holds. There a whole optimizer counts.
  const still = (name: string) => owned.every((one) => !one.optimizers.includes(name) || at(one.name).change === 0)
  // and where the program takes a gradient away before its optimizer sees it, while others of that optimizer move, it means to
  const withheld = ({ name, optimizers }: TensorFact) => at(name).used === 0 && !optimizers.some(still)
  const stuck = owned.filter(
    (one) =>
      !withheld(one) &&
      receives(one) &&
      at(one.name).change === 0 &&
      (facts.optimizers.length < 2 || one.optimizers.every(still)),
  )
  const blind = owned.filter(({ name }) => at(name).gradient === null)
  const frozen = parameters.filter((one) => one.frozen)
  const evidence = {
    parameters: parameters.length,
    inOptimizers: owned.length,
    moved: moved.length,
    frozen: frozen.length,
    withoutGradient: blind.map(({ name }) => name),
    steps: seen.steps,
    applied: seen.applied,
    learningRate: seen.rate,
    gradientNorm: seen.whole,
  }
  const forced = `${plural(seen.steps, 'step')} at learning rate ${number(seen.rate)}`
  if (thawed.length > 0)
    return noGo('frozen-parameter-moves', `${plural(thawed.length, 'parameter')} declared frozen moved`, {
      seen: `${names(thawed)} changed by up to ${number(Math.max(...thawed.map(({ name }) => at(name).change)))} in ${forced}`,
      expected: 'no change: declared frozen',
      where: placeOfTensor(facts, thawed[0]?.name),
      evidence: { ...evidence, thawed: thawed.map(({ name }) => name) },
      advice:
        'leave it out of the optimizer and set requires_grad to False before training, or do not declare it frozen',
    })
  if (orphans.length > 0)
    return noGo(
      'parameter-not-in-optimizer',
      `${plural(orphans.length, 'parameter')} of the model ${orphans.length === 1 ? 'is' : 'are'} in no optimizer`,
      {
        seen: `${names(orphans)}: gradient up to ${number(Math.max(...orphans.map(({ name }) => at(name).gradient ?? 0)))}, in no optimizer`,
        expected: 'every parameter that receives a gradient in an optimizer, or declared frozen',
        where: placeOfTensor(facts, orphans[0]?.name),
        evidence: { ...evidence, orphans: orphans.map(({ name }) => name) },
        advice:
          'register layers (nn.ModuleList instead of a plain list) and build the optimizer from all parameters; or freeze them',
      },
    )
  const [stray] = seen.strays ?? []
  if (stray)
    return noGo('parameter-not-in-optimizer', 'the loss reaches a tensor that no module and no optimizer holds', {
      seen: `${stray.name ?? 'a tensor'} of shape [${stray.shape.join(', ')}]: gradient ${number(stray.gradient ?? 0)}, the same before and after a step`,
      expected: 'every tensor that requires a gradient in a module and an optimizer',
      where: placeOf(facts, 'model', 'loss', 'train_step', 'setup'),
      evidence: { ...evidence, strays: (seen.strays ?? []).map(({ name, shape }) => name ?? shape.join('×')) },
      advice: 'make it an nn.Parameter of a module, and build the optimizer from all parameters; or drop requires_grad',
    })
  const dead = seen.deadTerms ?? []
  if (dead.length > 0 && [...seen.of.values()].some(({ gradient }) => (gradient ?? 0) > 0))
    return noGo('loss-term-without-gradient', `loss term ${list(dead)} reaches no parameter`, {
      seen: `${list(dead)}: not zero, and 0 of ${parameters.length} parameters on the way back from it`,
      expected: 'every term of the loss reaches a parameter that trains',
      where: placeOf(facts, 'loss', 'train_step', 'model', 'setup'),
      evidence: { ...evidence, deadTerms: [...dead] },
      alternatives: ['parameter-without-gradient'],
      advice: `look for .detach(), .item(), no_grad or argmax between the parameters and ${list(dead)}`,
    })
  const silent = ({ name }: TensorFact) => at(name).gradient === null && at(name).change === 0
  // what no optimizer holds, a target that follows, may drift by rounding
  if (seen.stepped?.size === 0 && facts.optimizers.length > 0 && owned.every(silent))
    return warn('parameter-does-not-move', `no update in ${plural(seen.steps, 'step')}, and no gradient`, {
      seen: `0 gradients and 0 updates in ${forced}`,
      expected: 'gradients and updates',
      where: placeOf(facts, 'train_step', 'optimizer', 'optimizers', 'setup'),
      evidence,
      alternatives: ['parameter-without-gradient'],
      advice: 'fine where a memory is filled first; else call backward() and optimizer.step() in the step',
    })
  const waiting: string[] = []
  for (const { name } of facts.optimizers) {
    const group = owned.filter(({ optimizers }) => optimizers.includes(name))
    if (group.length === 0 || group.some((one) => (at(one.name).gradient ?? 0) > 0)) continue
    // a discriminator that begins later waits without an update, or its loss is multiplied by zero: gradients that are there, and 0
    const waits =
      owned.some((one) => (at(one.name).gradient ?? 0) > 0) &&
      (seen.stepped?.has(name) === false || group.some((one) => at(one.name).gradient === 0))
    if (!waits)
      return noGo('parameter-without-gradient', `no parameter of optimizer ${name} gets a gradient`, {
        seen: `${group.length} of ${group.length} without gradient in ${forced}, ${names(group)}`,
        expected: 'a gradient for at least one of them',
        where: placeOf(facts, 'loss', 'train_step', 'model', 'setup'),
        evidence: { ...evidence, optimizer: name },
        alternatives: ['loss-term-without-gradient'],
        advice:
          'look for .detach(), .item(), no_grad or a non-differentiable operation between the parameters and the loss',
      })
    waiting.push(name)
  }
  if (facts.optimizers.length === 0 && parameters.some(byHand)) {
    const own = parameters.filter(byHand)
    return go(`${own.length} of ${parameters.length} parameters move, without an optimizer`, {
      seen: `${names(own)} changed by up to ${number(Math.max(...own.map(({ name }) => at(name).change)))} in ${plural(seen.steps, 'step')}`,
      expected: 'every parameter with a gradient moves',
      evidence: { ...evidence, byHand: own.length },
    })
  }
  if (seen.applied === 0 || (owned.length > 0 && moved.length === 0))
    return noGo('parameter-does-not-move', 'no parameter moves', {
      seen: `${plural(seen.applied, 'update')} applied in ${forced}; 0 of ${owned.length} parameters changed`,
      expected: 'every parameter with a gradient changes',
      where: placeOf(facts, 'train_step', 'optimizer', 'optimizers', 'setup'),
      evidence,
      advice: 'call optimizer.step() after backward()',
    })
  if (stuck.length > 0)
    return noGo('parameter-does-not-move', `${plural(stuck.length, 'parameter')} with a gradient never moved`, {
      seen: `${names(stuck)}: gradient up to ${number(Math.max(...stuck.map(({ name }) => at(name).gradient ?? 0)))}, change 0 in ${forced}`,
      expected: 'every parameter with a gradient changes',
      where: placeOfTensor(facts, stuck[0]?.name),
      evidence: { ...evidence, stuck: stuck.map(({ name }) => name) },
      advice: 'make the optimizer after the last time the parameters are replaced or moved',
    })
  if (waiting.length > 0)
    return warn('parameter-without-gradient', `optimizer ${list(waiting)} has nothing to do yet`, {
      seen: `no gradient other than 0 for ${list(waiting)} in ${forced}`,
      expected: 'a gradient for at least one parameter of each optimizer',
      where: placeOf(facts, 'loss', 'train_step', 'model', 'setup'),
      evidence: { ...evidence, waiting },
      alternatives: ['loss-term-without-gradient'],
      advice: 'fine where it begins later in the run; else look for .detach(), no_grad or a factor of zero',
    })
  const [spectator] = loose
  if (spectator)
    return warn('parameter-not-in-optimizer', `${plural(loose.length, 'parameter')} in evaluation mode get gradients`, {
      seen: `${names(loose)}: a gradient, in no optimizer, and in evaluation mode throughout the step`,
      expected: 'no gradient for what does not train',
      where: placeOfTensor(facts, spectator.name),
      evidence: { ...evidence, spectators: loose.map(({ name }) => name) },
      advice:
        'fine for a network that only measures: requires_grad_(False) saves its gradients; else put it in an optimizer',
    })
  if (blind.length > owned.length / 2)
    return warn('parameter-without-gradient', `${blind.length} of ${owned.length} parameters get no gradient`, {
      seen: `${names(blind)} had none in ${forced}`,
      expected: 'a gradient for most parameters in an optimizer; parts that do not train declared frozen',
      where: placeOfTensor(facts, blind[0]?.name),
      evidence,
      advice: 'look for a .detach() before the part that does train, or declare the others frozen',
    })
  const quiet =
    lapsed(facts, seen.lapsed ?? [], evidence) ??
    resting(facts, seen.resting ?? [], evidence) ??
    asleep(facts, owned, seen.asleep ?? [], forced, evidence) ??
    inStep(facts, seen.records ?? [], evidence) ??
    unreached(facts, blind, forced, evidence)
  if (quiet) return quiet
  const unused = blind.length > 0 ? `; ${blind.length} unused so far` : ''
  const kept = frozen.length > 0 ? `; ${frozen.length} declared frozen stay` : ''
  return go(`${moved.length} of ${owned.length} parameters get gradients and move${unused}${kept}`, {
    seen: `${moved.length} moved in ${forced}${blind.length > 0 ? `; without gradient: ${names(blind)}` : ''}`,
    expected: 'trainable parameters = those in optimizers; each with a gradient moves',
    evidence,
  })
}
