// What is said where a run rests on an earlier pass: how old it is, what it is bound to, and what was asked again.
// Not whether it holds: src/pass.ts decides that.
import type { Plan } from '../contract/index.ts'
import { worded } from './lines.ts'
import type { Look } from './look.ts'
import { plural } from './numbers.ts'

/** `2 minutes`, `3 hours`: an age needs one number. */
export const ageWords = (seconds: number): string => {
  if (seconds < 90) return plural(Math.max(1, Math.round(seconds)), 'second')
  if (seconds < 5400) return plural(Math.round(seconds / 60), 'minute')
  return plural(Math.round(seconds / 3600), 'hour')
}

const boundTo = ({ code, packages, data }: Plan): string =>
  [
    `code (${plural(code.length, 'file')})`,
    plural(Object.keys(packages).length, 'package'),
    'config',
    `data (${data.map(({ split }) => split).join(', ')})`,
    'environment',
  ].join(', ')

/** One line, and one more where checks are asked again. */
export const reusedLines = (
  {
    plan,
    kept,
    ageSeconds,
    why,
  }: {
    readonly plan: Plan
    readonly kept: number
    readonly ageSeconds: number
    readonly why: ReadonlyMap<string, string>
  },
  look: Look,
): string[] => [
  ...worded(
    'GO',
    `${plural(kept, 'check')}${plan.run.preflight.proxy ? ', of a proxy and of the full model,' : ''} reused from ${ageWords(ageSeconds)} ago: ${boundTo(plan)} are as they were`,
    look,
    look.colour.go,
  ),
  ...(why.size === 0
    ? []
    : worded(
        '  ',
        `asked again: ${[...why].map(([code, reason]) => `${code} (${reason})`).join(', ')}`,
        look,
        (w) => w,
      )),
]
