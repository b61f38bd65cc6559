// D2 where the sequence that must not be seen ahead of time is no input of the batch as it comes: a decoder's, cut from the targets.
// Not programs whose input is the sequence itself (d2-causality.ts).
//
// What a cross-entropy asks for after a call is compared with each argument of that call. Where it is the argument's next word, no output may
// hang on a later one; where it is the argument's word at the same place, no output that sees only what came before may see its own. A
// model of one sequence may rebuild it from a code of the whole, so there it only warns.
import type { ModelCall } from '../contract/index.ts'
import { isNext, misplaced } from './asked.ts'
import { callsOf } from './called.ts'
import { go, noGo, number, type Outcome, placeOf, warn } from './check.ts'
import type { Context } from './context.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'

type Sequence = NonNullable<ModelCall['arguments'][number]['sequence']>
export type Decoder = { readonly module: string; readonly name: string; readonly sequence: Sequence }

/** Null where no argument is what the loss asks for, or nothing answers to it. */
export const decoderOf = async (context: Context): Promise<Outcome | null> => {
  const calls = await callsOf(context)
  const limit = roundingOf(arithmeticOf(context.facts)).output / 100
  const found = (calls ?? [])
    .flatMap(({ module, arguments: given }) =>
      given.flatMap(({ name, sequence }) => (sequence ? [{ module, name, sequence }] : [])),
    )
    .map((decoder) => ({ decoder, told: judgeDecoder(decoder, limit) }))
    .filter(({ told }) => told !== null)
  const order = ['NO-GO', 'WARN', 'GO']
  const [worst] = found.toSorted((a, b) => order.indexOf(a.told?.status ?? '') - order.indexOf(b.told?.status ?? ''))
  if (!worst?.told) return null
  const { status, cause, title, seen, expected, advice } = worst.told
  const { module, name, sequence } = worst.decoder
  const evidence = {
    module,
    argument: name,
    next: sequence.next,
    same: sequence.same,
    second: sequence.second,
    positions: sequence.positions,
    before: sequence.before,
    own: sequence.own,
    after: sequence.after,
    others: sequence.others,
  }
  if (status === 'GO' || cause === null) return go(title, { seen, expected, evidence })
  const where = placeOf(context.facts, 'model', 'train_step', 'loss', 'setup')
  return (status === 'NO-GO' ? noGo : warn)(cause, title, { seen, expected, where, evidence, advice })
}

type Told = {
  readonly status: 'GO' | 'WARN' | 'NO-GO'
  readonly cause: 'sees-the-future' | 'targets-misplaced' | null
  readonly title: string
  readonly seen: string
  readonly expected: string
  readonly advice: string | null
}

/** Pure. `limit`: what rounding changes of an output of size 1. */
export const judgeDecoder = ({ name, sequence }: Decoder, limit: number): Told | null => {
  const { positions, before, own, after, scale, others, length } = sequence
  const floor = limit * scale
  if (positions.length === 0 || !after.some((one) => one > floor)) return null
  const ahead = before.findIndex((one) => !(one <= floor))
  const status = others > 0 ? 'NO-GO' : 'WARN'
  if (isNext(sequence)) {
    if (ahead < 0)
      return {
        status: 'GO',
        cause: null,
        title: `no output changes before the word of ${name} that does, at ${positions.length} of ${positions.length} positions`,
        seen: `changes of up to ${number(Math.max(...after))} from the changed position on, none before`,
        expected: `no change above ${number(floor)} before it, as the loss asks for the next word of ${name}`,
        advice: null,
      }
    return {
      status,
      cause: 'sees-the-future',
      title: 'outputs depend on later words of what they are to continue',
      seen: `a change of ${name} at position ${positions[ahead]} of ${length} changes outputs before it by ${number(before[ahead] ?? Number.NaN)}; the loss asks for the next word in ${number(100 * sequence.next)} % of places`,
      expected: `no change above ${number(floor)} before the changed position`,
      advice: 'give the decoder a causal mask (tgt_mask, is_causal=True)',
    }
  }
  const which = misplaced(sequence)
  if (which === null || ahead >= 0 || !own.every((one) => one > floor)) return null
  return {
    status: 'NO-GO',
    cause: 'targets-misplaced',
    title:
      which === 'same'
        ? `the model is asked for the very word of ${name} that it sees`
        : `the model is asked for the word of ${name} after the next`,
    seen: `the target is ${name} at the same position in ${number(100 * sequence.same)} % of places, at the next in ${number(100 * sequence.next)} %, at the one after in ${number(100 * sequence.second)} %`,
    expected: 'the next word as the target of an output that sees those up to its own',
    advice: 'shift the targets by one: target[:, :-1] goes in, target[:, 1:] is asked for',
  }
}
