// I4: each loss of the framework is given what it takes: log probabilities, logits, targets of 0 to 1, one shape.
// Not a loss that is written by hand (I1, O4, V4 judge its numbers), nor labels outside the classes (D8).
//
// Every one of these losses takes any numbers without a word. What it asks for can be told from the tensor alone: exponentials of log
// probabilities sum to 1 along the classes; the outcome of a sigmoid is no logit, by the graph that made it; targets below 0 or above 1
// turn a binary cross-entropy round beyond them. Each is a bug's own signature, whatever the task. And what targets ask for can be met: it is
// not masked, it is not the sample itself in a matrix of similarities, and it lies where a bounded output can reach it.
import type { Cause, Trace } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import { tracedStep } from './traced.ts'

export type LossFault = NonNullable<Trace['losses']>['faults'][number]

type Judged = {
  readonly cause: Cause
  readonly title: string
  readonly seen: string
  readonly expected: string
  readonly advice: string
  readonly alternatives?: readonly Cause[]
  readonly severity?: 'warn'
}

const logs = 'log probabilities: their exponentials sum to 1 along the classes'

/** What one fault is called. Pure. `beside`: it is not the step's only loss, so what it asks for may be half meant. */
export const judgedOf = (fault: LossFault, beside = false): Judged => {
  const { function: name } = fault
  switch (fault.fault) {
    case 'probabilities':
      return {
        cause: 'loss-wrong',
        title: `${name} is given probabilities where it takes their logarithms`,
        seen: `the numbers that ${name} is given are ≥ 0 and sum to 1`,
        expected: logs,
        advice: `give ${name} the outcome of log_softmax, not of softmax`,
        alternatives: ['double-softmax', 'loss-sign-flipped'],
        // scores of a mixture need not be log densities
        ...(name === 'the logarithm of a sum of exponentials' ? { severity: 'warn' } : {}),
      }
    case 'no-log-probabilities':
      return {
        cause: 'loss-wrong',
        title: `${name} is given numbers that are no log probabilities`,
        seen: `up to ${number(fault.largest ?? 0)}; no axis of exponentials sums to 1`,
        expected: logs,
        advice: `apply log_softmax over the classes before ${name}`,
        alternatives: ['loss-sign-flipped'],
        // a divergence of measures that are not normalised can be meant
        ...(name === 'kl_div' ? { severity: 'warn' } : {}),
      }
    case 'other-axis':
      return {
        cause: fault.axis === 0 && name !== 'ctc_loss' ? 'softmax-over-the-batch' : 'loss-wrong',
        title: `the log_softmax before ${name} runs over axis ${fault.axis}, not over the classes`,
        seen: `exponentials sum to 1 along axis ${fault.axis}, not along axis ${fault.wanted}`,
        expected: logs,
        advice: `log_softmax(…, dim=${fault.wanted})`,
        alternatives: ['batch-dependent-outputs', 'softmax-over-the-batch'],
      }
    case 'squashed':
      return {
        cause: 'double-softmax',
        title: `${name} is given the outcome of a ${fault.how} where it takes logits`,
        seen: `what goes into ${name} comes out of a ${fault.how}`,
        expected: fault.how === 'relu' ? 'logits of both signs' : `logits: ${name} squashes them itself`,
        advice: `leave out the ${fault.how}`,
        alternatives: ['loss-wrong', 'loss-floor-above-theory'],
      }
    case 'several-classes':
      return {
        cause: 'loss-wrong',
        title: 'a cross-entropy of one class takes several classes at once',
        seen: `targets of 0 and 1, up to ${number(fault.most ?? 0)} of them 1 in one sample`,
        expected: 'one class a sample, or shares that sum to 1',
        advice: 'binary_cross_entropy_with_logits judges each label by itself',
        alternatives: ['loss-floor-above-theory'],
        severity: 'warn',
      }
    case 'targets-beyond':
      return {
        cause: 'label-out-of-range',
        title: `${name} is given targets beyond 0 and 1: its loss has no floor`,
        seen: `targets from ${number(fault.low ?? 0)} to ${number(fault.high ?? 0)}`,
        expected: 'targets between 0 and 1',
        advice: 'scale the targets to 0..1, or use a squared error',
        alternatives: ['loss-wrong', 'diverges'],
      }
    case 'every-pair':
      return {
        cause: 'broadcast-in-loss',
        title: `${name} compares every output with every target`,
        seen: `outputs [${fault.given?.join(', ')}] against targets [${fault.target?.join(', ')}]`,
        expected: 'the same shape',
        advice: 'output.squeeze(1), or target.unsqueeze(1)',
        alternatives: ['loss-wrong'],
      }
    case 'signs':
      return {
        cause: 'label-out-of-range',
        title: `${name} is given 0 and 1 where it takes −1 and 1`,
        seen: 'targets of 0 and 1: those of 0 count for nothing',
        expected: 'targets of −1 and 1',
        advice: '2 * target - 1',
        alternatives: ['loss-wrong'],
      }
    case 'self-among-others':
      return {
        cause: 'loss-floor-above-theory',
        title: `each row of ${name} competes with itself: nothing is more alike`,
        seen: `logits [${fault.of}, ${fault.of}], exactly symmetric, each row’s largest on the diagonal, and no target there`,
        expected: 'similarities without those of a sample to itself',
        advice: 'similarity.fill_diagonal_(float("-inf")) before the loss',
        alternatives: ['does-not-learn', 'loss-wrong'],
      }
    case 'self-asked-for':
      return {
        cause: 'loss-wrong',
        title: `${name} asks of each row what is most like it, and the answer is the row itself`,
        seen: `logits [${fault.of}, ${fault.of}], exactly symmetric, each row’s largest on the diagonal, and every target there`,
        expected: 'two different views of each sample, or the other view as the target',
        advice: 'compare the embeddings of two views: the same ones stand on both sides',
        alternatives: ['samples-repeated', 'augmentation-repeats', 'does-not-learn'],
        // prototypes are driven apart that way
        severity: 'warn',
      }
    case 'target-masked':
      return {
        cause: 'loss-not-finite',
        title: `${name} asks for classes that were masked`,
        seen: `in ${number(100 * (fault.share ?? 0))} % of rows the target’s logit is −10,000 or less, and another’s is not`,
        expected: 'targets among what is left to choose from',
        advice: 'look at the mask and at the targets: one of them is off',
        alternatives: ['does-not-learn', 'targets-misplaced', 'loss-wrong'],
      }
    case 'raw-scores':
      return {
        cause: 'loss-wrong',
        title: 'the loss picks raw scores where it takes log probabilities: it has no floor',
        seen: 'shares of classes times the scores of a layer, and nothing else is made of the scores',
        expected: 'log probabilities: no score can rise but at the cost of the others',
        advice: 'apply a log_softmax over the classes before the shares',
        alternatives: ['diverges', 'loss-floor-above-theory'],
      }
    case 'likelihood-minimised':
      return {
        cause: 'loss-sign-flipped',
        title: 'the loss falls as what is asked for becomes less likely',
        seen: 'log probabilities of the classes that are given enter the loss with a plus',
        expected: 'minus the log probability',
        advice: 'negate it',
        alternatives: ['loss-wrong', 'diverges'],
      }
    case 'masked-mean':
      return {
        cause: 'wrong-divisor',
        title: 'a masked loss is divided by all places, padding too',
        seen: `a mean over all places of a product with a mask that leaves ${number(100 * (fault.share ?? 0))} % of them`,
        expected: 'the sum, divided by the sum of the mask',
        advice: 'loss.mul(mask).sum().div(mask.sum())',
        alternatives: ['initial-loss-too-low'],
        // a loss for each sentence, of one length, is a scale and can be meant
        severity: 'warn',
      }
    case 'out-of-reach':
      return {
        cause: 'loss-floor-above-theory',
        title: `${name} compares the outcome of a ${fault.how} with targets that it cannot reach`,
        seen: `targets from ${number(fault.low ?? 0)} to ${number(fault.high ?? 0)}; ${number(100 * (fault.share ?? 0))} % of their variance lies beyond the range of a ${fault.how}`,
        expected: 'targets within the range of the output',
        advice: `leave out the ${fault.how}, or scale the targets into its range`,
        alternatives: ['does-not-learn'],
        // noise around what can be reached, in part; features that are drawn towards others
        ...((fault.share ?? 0) < 0.5 || beside ? { severity: 'warn' } : {}),
      }
  }
}

export const i4 = define({
  code: 'I4',
  needs: ['trace', 'reset', 'suppressUpdates'],
  after: [],
  costClass: 'warm',
  async run(context): Promise<Outcome> {
    const losses = (await tracedStep(context))?.losses
    if (!losses) return skipped('the losses of this engine take nothing else: there is nothing to look at')
    if (losses.called.length === 0 && losses.faults.length === 0)
      return skipped('the step calls no loss of the framework: one that is written by hand says not what it takes')
    // of losses that are written by hand the terms are all that can be counted
    const count = losses.called.length || Object.keys((await tracedStep(context))?.terms ?? {}).length
    const beside = count > 1
    const judged = losses.faults.map((fault) => ({ fault, ...judgedOf(fault, beside) }))
    const worst = judged.find(({ severity }) => severity === undefined) ?? judged[0]
    if (!worst)
      return go(`${losses.called.join(', ')}: given what ${losses.called.length > 1 ? 'they take' : 'it takes'}`, {
        seen: `${losses.called.length} of the framework’s losses in one step`,
        expected: 'log probabilities, logits, targets of 0 to 1, and one shape, each where it is asked for',
        evidence: { losses: losses.called },
      })
    const say = worst.severity === 'warn' ? warn : noGo
    return say(worst.cause, worst.title, {
      seen: worst.seen,
      expected: worst.expected,
      where: worst.fault.where ?? placeOf(context.facts, 'loss', 'train_step', 'model', 'setup'),
      evidence: { losses: losses.called, faulty: judged.map(({ fault }) => fault.function) },
      advice: worst.advice,
      alternatives: worst.alternatives ?? [],
    })
  },
})
