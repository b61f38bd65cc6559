// In what two plans differ: empty exactly where their fingerprints are equal.
// It judges nothing: whether a difference matters is the caller's to say.
import { dotted, leavesOf } from '../contract/dotted.ts'
import { canonicalJson } from '../contract/json.ts'
import type { Plan } from '../contract/plan.ts'
import { contents, type Part, parts } from './fingerprint.ts'

export type Difference = {
  readonly part: Part
  /** A file, a package, a dotted key of the run file, `train.sha256`, a fact of the environment. */
  readonly path: string
  /** Undefined where this plan has no such thing. */
  readonly a: unknown
  readonly b: unknown
}

/** Paths as JSON: a file called `a.b` and a key b in a are two things. */
const flat = (value: unknown): Map<string, { readonly shown: string; readonly value: unknown }> =>
  new Map(
    [...leavesOf(value)].map((leaf) => [JSON.stringify(leaf.path), { shown: dotted(leaf.path), value: leaf.value }]),
  )

/** Files and packages are named by their own names, not as keys: `src/model.ts`, not `["src/model.ts"]`. */
const nameOf = (part: Part, key: string, shown: string): string =>
  part === 'config' || part === 'data' ? shown : (JSON.parse(key) as (string | number)[]).join('.')

/**
 * Every difference that changes a fingerprint, in the order of the parts, then by path.
 *
 * @example differences(before, now) // [{ part: 'code', path: 'experiment.ts', a: '9f…', b: '31…' }]
 */
export const differences = (a: Plan, b: Plan): Difference[] => {
  const [left, right] = [contents(a), contents(b)]
  return parts.flatMap((part) => {
    const [before, after] = [flat(left[part]), flat(right[part])]
    const keys = [...new Set([...before.keys(), ...after.keys()])].sort()
    return keys.flatMap((key) => {
      const [was, is] = [before.get(key), after.get(key)]
      // as hashed: NaN equals NaN, 0 is not −0, and the order of keys in a list's maps does not count
      if (was !== undefined && is !== undefined && canonicalJson(was.value) === canonicalJson(is.value)) return []
      return [{ part, path: nameOf(part, key, (was ?? is)!.shown), a: was?.value, b: is?.value }]
    })
  })
}
