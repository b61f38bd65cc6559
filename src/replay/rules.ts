// The rules that `gonogo replay` knows by name: gonogo's own, and those that others use, with the settings they are known by.
// Not their code: judges.ts.
import { GonogoError, nearest } from '../contract/index.ts'
import type { BenchmarkConstants } from '../decide/index.ts'
import { benchmarkJudge } from './judge-benchmark.ts'
import { belowWorstSeed, halving, medianRule, patienceOf, plain } from './judges.ts'
import type { Judge } from './outcome.ts'

export type NamedJudge = { readonly name: string; readonly words: string; readonly judge: Judge }

const ruleNames = ['benchmark', 'plain', 'band', 'patience', 'median', 'asha', 'all'] as const

/** The judges of a rule; several where it is known with several settings. Throws RULE_UNKNOWN. */
export const judgesOf = (name: string, constants: BenchmarkConstants): NamedJudge[] => {
  const own = { name: 'benchmark', words: 'gonogo’s benchmark rule', judge: benchmarkJudge(constants) }
  const others: NamedJudge[] = [
    { name: 'plain', words: 'worse than baseline now, from 10%', judge: plain(0.1) },
    { name: 'plain', words: 'worse than baseline now, from 30%', judge: plain(0.3) },
    { name: 'plain', words: 'the same, held 10%, from 10%', judge: plain(0.1, 0.1) },
    { name: 'plain', words: 'the same, held 10%, from 30%', judge: plain(0.3, 0.1) },
    { name: 'band', words: '4 sd below worst seed, from 30%', judge: belowWorstSeed(4, 0.3, 0.05) },
    { name: 'patience', words: 'Keras patience, 5 evaluations', judge: patienceOf(5) },
    { name: 'patience', words: 'Keras patience, 10 evaluations', judge: patienceOf(10) },
    { name: 'patience', words: 'Keras patience, 20 evaluations', judge: patienceOf(20) },
    { name: 'median', words: 'median rule, from 10%', judge: medianRule(0.1) },
    { name: 'median', words: 'median rule, from 30%', judge: medianRule(0.3) },
    { name: 'asha', words: 'ASHA η = 3, rungs 1/9, 1/3', judge: halving(3, [1 / 9, 1 / 3]) },
  ]
  const found = [own, ...others].filter((rule) => name === 'all' || rule.name === name)
  if (found.length > 0) return found
  throw new GonogoError('RULE_UNKNOWN', 'replay knows no such rule', {
    seen: name,
    expected: ruleNames.join(', '),
    try: nearest(name, [...ruleNames]) ?? 'gonogo replay benchmark --curves FILE',
  })
}
