// C2: what `config:` declares has an effect: each key is read by the experiment, or at least named in its code.
// Not what the effect is, nor whether values are checked (C1).
//
// Every key enters the plan's fingerprint, so a change of any is another run; a key that nobody reads makes two runs of one program.
// The subject notes which keys are read while it is opened, trains, evaluates and saves. A key may wait for another value of a second
// one (a momentum, for sgd), or for the end of a run; it is then named somewhere in the code. One that is neither read nor named is
// without effect. If the run file sets it, the file says something that is not so: NO-GO. If it is only declared, it warns.
import { dotted } from '../contract/dotted.ts'
import { define, go, list, noGo, plural, skipped, warn } from './check.ts'
import { isMentioned, placeOfKey, sourcesOf } from './mentions.ts'
import type { JsonSchema } from './mutations.ts'

export const c2 = define({
  code: 'C2',
  needs: ['configSchema', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const { plan, facts, polling } = context
    const { schema } = polling.description
    if (schema === null) return skipped('the experiment brings its own configuration, without a schema')
    const keys = keysOf(schema as JsonSchema)
    if (keys.length === 0) return skipped('the experiment declares no key of config:')
    const reference = await context.reference()
    const trial = await context.at('trained')
    if (reference.evaluation === null && reference.evaluationCrash === null) await trial.evaluate({ limit: 16 })
    const read = await trial.configRead()
    if (read === null) return skipped('the subject does not tell which keys it reads')
    const unread = keys.filter(({ path, note }) => !note && !read.has(path.join('.')))
    const sources = await sourcesOf(plan.experiment, facts.code)
    if (unread.length > 0 && sources.length === 0) return skipped('the code of the experiment cannot be read again')
    const idle = unread.filter(({ path }) => !isMentioned(path.at(-1) ?? '', sources, 'read'))
    const named = (found: readonly Key[]) => found.map(({ path }) => path.join('.'))
    const evidence = { keys: keys.length, read: read.size, unread: named(unread), withoutEffect: named(idle) }
    const origin = ({ path }: Key) => plan.origins[dotted(['config', ...path])] ?? 'default'
    // a name that a dict of the code bears may be asked for by way of that dict
    const unnamed = idle.filter(({ path }) => !isMentioned(path.at(-1) ?? '', sources))
    const set = unnamed.filter((key) => origin(key) !== 'default' && !key.name)
    const waiting = unread.filter((key) => !idle.includes(key))
    if (idle.length === 0)
      return go(
        `${keys.length - waiting.length} of ${plural(keys.length, 'key')} read${waiting.length > 0 ? `; the code names ${list(named(waiting))} as well` : ''}`,
        {
          seen: `read while it was opened, trained, evaluated and saved: ${list([...read])}`,
          expected: 'each key read, or named in the code for another case',
          evidence,
        },
      )
    const [first] = set
    const found = {
      seen: `never read, and named nowhere in ${plural(sources.length, 'file')} but in the declaration${unnamed.length < idle.length ? ', or as a name in a dict' : ''}: ${list(named(set.length > 0 ? set : idle))}`,
      expected: 'each key of config: read by the experiment',
      where: first ? origin(first) : placeOfKey(idle[0]?.path.at(-1) ?? '', sources),
      evidence,
      advice: `use ${first ? first.path.join('.') : named(idle)[0]} where it belongs, or take it out of the declaration`,
    }
    return first
      ? noGo('config-without-effect', `config.${first.path.join('.')} is set, and changes nothing`, found)
      : warn('config-without-effect', `config.${named(idle)[0]} is declared, and never read`, found)
  },
})

type Key = {
  readonly path: readonly string[]
  /** For people alone: it changes nothing, and says so. */
  readonly note: boolean
  /** Names something: it may be read by a person. */
  readonly name: boolean
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Keys that have a value of their own; of a map of keys, those inside. Unions and references are keys as a whole. */
export const keysOf = (schema: JsonSchema, prefix: readonly string[] = []): Key[] => {
  const properties = Object.hasOwn(schema, 'properties') ? schema.properties : null
  if (!isObject(properties)) return []
  return Object.entries(properties).flatMap(([key, inner]) => {
    const path = [...prefix, key]
    const nested = isObject(inner) && prefix.length < 12 ? keysOf(inner, path) : []
    if (nested.length > 0) return nested
    const mark = isObject(inner) && Object.hasOwn(inner, 'gonogo') ? inner.gonogo : null
    return [{ path, note: mark === 'note', name: mark === 'name' }]
  })
}
