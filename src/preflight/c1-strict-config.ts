// C1: unknown keys and wrong types in `config:` are refused. Each key of the schema is spoilt in turn.
// Not the wording of config errors, nor the run file's own keys: those are the config room's.
//
// A run file that takes a misspelt key or reads "false" as true trains something else than it says. The validator is asked,
// not the schema read: whatever a schema says, what counts is what is refused. A free string (no closed choice, not declared
// a name, a path or a note) is a breach of the declaration that run files hold closed choices only.
import { define, go, list, noGo, placeOf, plural, skipped } from './check.ts'
import { type JsonSchema, mutationsOf } from './mutations.ts'

export const c1 = define({
  code: 'C1',
  needs: ['configSchema'],
  guarantee: 'configIsStrict',
  after: [],
  costClass: 'none',
  async run({ polling, plan, facts }) {
    const { schema } = polling.description
    if (schema === null) return skipped('the experiment brings its own configuration, without a schema')
    const { config } = plan.run
    const [own] = polling.checkConfig(config)
    if (own) return skipped(`the config itself is not valid: ${own.path.join('.')}: ${own.message}`)
    const { mutations, keys, freeStrings } = mutationsOf(schema as JsonSchema, config)
    const accepted = mutations.filter((mutation) => polling.checkConfig(mutation.config).length === 0)
    const defaults = Object.entries(plan.origins).filter(
      ([path, origin]) => path.startsWith('config.') && origin === 'default',
    ).length
    const evidence = { keys, defaults, tried: mutations.length, refused: mutations.length - accepted.length }
    const first = accepted.find(({ cause }) => cause === 'unknown-key-accepted') ?? accepted[0]
    const where = placeOf(facts, 'config', 'Config', 'schema')
    if (first) {
      const same = accepted.filter(({ cause }) => cause === first.cause)
      const paths = same.map(({ path }) => path.join('.'))
      return noGo(
        first.cause,
        first.cause === 'unknown-key-accepted'
          ? 'a misspelt key of config: would be ignored in silence'
          : `config.${first.path.join('.')} takes ${first.words}`,
        {
          seen: `accepted: ${list(same.map(({ path, words, value }) => `${path.join('.')} = ${JSON.stringify(value)} (${words})`))}`,
          expected: `all ${mutations.length} spoilt configs refused`,
          where,
          evidence: { ...evidence, accepted: paths },
          alternatives: [...new Set(accepted.map(({ cause }) => cause))].filter((cause) => cause !== first.cause),
          advice:
            first.cause === 'unknown-key-accepted'
              ? 'declare a strict object: z.strictObject({ … }) instead of a loose or plain one'
              : 'declare the type without coercion: z.number(), z.boolean() or z.enum([…])',
        },
      )
    }
    if (freeStrings.length > 0)
      return noGo('free-string', `config.${freeStrings[0]} takes any text`, {
        seen: `free strings: ${list(freeStrings)}`,
        expected: 'closed choices; a free string must be declared a name, a path or a note',
        where,
        evidence: { ...evidence, freeStrings },
        advice: `z.enum([…]) for ${freeStrings[0]}, or name(), path() or note()`,
      })
    return go(`${plural(keys, 'key')} known; ${plural(defaults, 'default')} written to plan.json`, {
      seen: `${mutations.length} spoilt configs, all refused`,
      expected: 'unknown keys, wrong types and values outside a closed choice refused',
      evidence,
    })
  },
})
