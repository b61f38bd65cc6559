// A rule: a pure pair of `init` and `update` over explicit state, and how rules are joined into one.
// Not a rule itself, and nothing here acts: a Decision is a sentence with numbers, train/ obeys it or does not.
import { createHash } from 'node:crypto'
import type { Decision, RunEvent } from '../contract/index.ts'

/** State is plain JSON: it is saved with every checkpoint, and a resumed rule goes on as if nothing had happened. */
export type State = null | boolean | number | string | readonly State[] | { readonly [key: string]: State }

export interface Rule<S extends State = State> {
  readonly init: S
  update(state: S, event: RunEvent): readonly [S, readonly Decision[]]
}

/** A whole benchmark is long, and is only compared: its hash does. */
const short = (says: string): string => createHash('sha256').update(says).digest('hex').slice(0, 16)

export type NamedRule = {
  readonly name: string
  /** Everything the rule depends on, as text: where it differs from what a checkpoint says, the rule has changed. */
  readonly says: string
  readonly rule: Rule
}

type Kept = { readonly name: string; readonly says: string; readonly state: State }

/** State by rule, and what each rule said of itself when the state was made. Anything else is no state of ours. */
const keptOf = (state: State): ReadonlyMap<string, Kept> => {
  if (typeof state !== 'object' || state === null || !Array.isArray(state)) return new Map()
  return new Map((state as readonly Kept[]).map((kept) => [kept.name, kept]))
}

/**
 * Runs several rules side by side; decisions come in the order of `rules`. A rule that is new in a resumed run begins there;
 * one that changed keeps what it has seen, because that happened.
 */
export const composeNamed = (rules: readonly NamedRule[]): Rule<State> => {
  const own = rules.map(({ name, says, rule }) => ({ name, says: short(says), rule }))
  return {
    init: own.map(({ name, says, rule }) => ({ name, says, state: rule.init })),
    update: (state, event) => {
      const kept = keptOf(state)
      const decisions: Decision[] = []
      const next = own.map(({ name, says, rule }) => {
        const [now, said] = rule.update((kept.get(name) ?? { state: rule.init }).state, event)
        decisions.push(...said)
        return { name, says, state: now }
      })
      return [next, decisions]
    },
  }
}

/** What changed between the rules that a checkpoint holds and those of now, a few words each. */
export const ruleChanges = (rules: Rule<State>, state: unknown): string[] => {
  const before = keptOf(state as State)
  const now = keptOf(rules.init)
  if (before.size === 0) return []
  return [
    ...[...now.values()].flatMap(({ name, says }) => {
      const was = before.get(name)
      return was === undefined ? [`${name} is new`] : was.says === says ? [] : [`${name} changed`]
    }),
    ...[...before.keys()].flatMap((name) => (now.has(name) ? [] : [`${name} is gone`])),
  ]
}

/** Gives a rule with a precise state type the general one, for {@link composeNamed}. */
export const general = <S extends State>(rule: Rule<S>): Rule => ({
  init: rule.init,
  // The state that comes back is the one this rule gave out, through JSON at most.
  update: (state, event) => rule.update(state as S, event),
})
