// What was saved and what it cost, on a few lines, each with what it is measured against.
// Not the sums: savings.ts makes them.
import { worded } from './lines.ts'
import type { Look } from './look.ts'
import { count, duration, measure, plural } from './numbers.ts'

type Amount = {
  readonly seconds: number
  readonly money: number | null
  readonly kilowattHours: number | null
  readonly carbon: number | null
}

export type SavingsView = {
  readonly runs: number
  readonly noGo: { readonly count: number; readonly unknown: number; readonly saved: Amount }
  readonly stops: { readonly count: number; readonly saved: Amount; readonly reasons: ReadonlyMap<string, number> }
  readonly pruned: { readonly count: number; readonly saved: Amount }
  readonly cost: Amount
  readonly audit: { readonly verdicts: number; readonly wrong: number; readonly interval: readonly [number, number] }
}

const words = ({ seconds, money, kilowattHours, carbon }: Amount): string =>
  [
    duration(seconds),
    ...(money === null ? [] : [`${money.toFixed(2)} in money`]),
    ...(kilowattHours === null ? [] : [`${kilowattHours.toPrecision(2)} kWh`]),
    ...(carbon === null ? [] : [`${carbon.toPrecision(2)} kg CO2 (0.48 kg a kWh where none is declared)`]),
  ].join(', ')

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`

type Audit = SavingsView['audit']

const falseStops = ({ verdicts, wrong, interval }: Audit): string =>
  `${wrong} of ${plural(verdicts, 'stop verdict')} that were not obeyed were wrong: ${percent(wrong / verdicts)}, 95% interval ${percent(interval[0])} to ${percent(interval[1])}`

type Audited = { readonly step: number; readonly goal: number; readonly best: number; readonly isWrong: boolean }

/** At the end of a run that a rule would have stopped: was it right, and how often it is. */
export const auditLines = ({ step, goal, best, isWrong }: Audited, all: Audit, look: Look): string[] =>
  worded(
    'audit',
    `to stop at step ${count(step)} would have been ${isWrong ? 'wrong' : 'right'}: best ${measure(best)}, ${measure(goal)} needed; ${falseStops(all)}`,
    look,
    isWrong ? look.colour.warn : look.colour.muted,
  )

const netOf = (s: SavingsView): number => s.noGo.saved.seconds + s.stops.saved.seconds - s.cost.seconds

/** Each figure by its label, with what it is measured against; the net last. */
export const savingsSentences = (s: SavingsView): [label: string, sentence: string][] => {
  const reasons = [...s.stops.reasons].map(([reason, n]) => `${n} ${reason}`).join(', ')
  const unknown =
    s.noGo.unknown === 0 ? '' : `; ${s.noGo.unknown} of them never finished, so what they saved is unknown`
  const net = netOf(s)
  return [
    ['NO-GO', `${s.noGo.count}: ${words(s.noGo.saved)}, as long as finished runs of the same file took${unknown}`],
    [
      'stops',
      `${s.stops.count}${reasons ? ` (${reasons})` : ''}: ${words(s.stops.saved)}, the steps that were left at the run’s own pace`,
    ],
    ...(s.pruned.count === 0
      ? []
      : [
          [
            'pruned',
            `${plural(s.pruned.count, 'trial')} of sweeps: ${words(s.pruned.saved)}, had each trained to its end; not in the sum`,
          ] as [string, string],
        ]),
    ['cost', `${words(s.cost)} of preflights, loading included`],
    [
      'audit',
      s.audit.verdicts === 0
        ? 'no run went on to its end after a stop verdict: the share of false stops is not measured yet'
        : falseStops(s.audit),
    ],
    [net >= 0 ? 'SAVED' : 'SPENT', duration(Math.abs(net))],
  ]
}

export const savingsLines = (s: SavingsView, look: Look): string[] => {
  const { muted, go, warn } = look.colour
  const paints: ReadonlyMap<string, (word: string) => string> = new Map([
    ['SAVED', go],
    ['SPENT', warn],
  ])
  return [
    plural(s.runs, 'run'),
    ...savingsSentences(s).flatMap(([label, sentence]) => worded(label, sentence, look, paints.get(label) ?? muted)),
  ]
}
