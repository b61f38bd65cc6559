// A rule: a pure pair of `init` and `update` over explicit state, and how rules are joined into one.
// Not a rule itself, and nothing here acts: a Decision is a sentence with numbers, train/ obeys it or does not.
import type { Decision, RunEvent } from '../contract/index.ts'

/** State is plain JSON: it is saved with every checkpoint, and a resumed rule goes on as if nothing had happened. */
export type State = null | boolean | number | string | readonly State[] | { readonly [key: string]: State }

export interface Rule<S extends State = State> {
  readonly init: S
  update(state: S, event: RunEvent): readonly [S, readonly Decision[]]
}

/**
 * Runs several rules side by side. Its state is a list, in the order of `rules`; decisions come in that order too.
 *
 * @example const rule = compose([general(notFinite({ mode, objective })), general(patience({ ... }))])
 */
export const compose = (rules: readonly Rule[]): Rule<readonly State[]> => ({
  init: rules.map((rule) => rule.init),
  update: (state, event) => {
    const pairs = rules.map((rule, i) => rule.update(state[i] ?? rule.init, event))
    return [pairs.map(([next]) => next), pairs.flatMap(([, decisions]) => decisions)]
  },
})

/** Gives a rule with a precise state type the general one, for {@link compose}. */
export const general = <S extends State>(rule: Rule<S>): Rule => ({
  init: rule.init,
  // The state that comes back is the one this rule gave out, through JSON at most.
  update: (state, event) => rule.update(state as S, event),
})
