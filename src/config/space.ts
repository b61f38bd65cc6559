// `sweep.space` against the schema of the experiment's config: each key exists, each bound is a value that it may have.
// It draws no point; plan/ does.
import { dotted, type Path } from '../contract/dotted.ts'
import type { Description } from '../contract/facts.ts'
import { canonicalJson } from '../contract/json.ts'
import { anyOf, nearest } from '../contract/nearest.ts'
import { runFile } from '../contract/runFile.ts'
import type { Dimension, Parameter, Point, SweepSettings } from '../contract/sweep.ts'
import { configProblems } from './checkConfig.ts'
import { explain, type Problem, valueAt } from './explain.ts'
import { throwFaults } from './faults.ts'
import { faultsOf, type LoadedRun } from './readRunFile.ts'
import { wholeSchema } from './runFileSchema.ts'
import { seenWords } from './seen.ts'
import { isSchema, type JsonSchema, keysAt, optionsOf, schemasAt } from './shape.ts'

/** Keys of the run file beside `config` that may vary: what changes the question itself may not. */
const trainKeys = ['batch_size', 'accumulate', 'clip_norm', 'precision'] as const

/** Mistyped keys and values of a whole map would be lost in its defaults: a parameter is one value. */
const pathOf = (key: string): string[] => key.split('.')

/** The plain value with another at a path; keys become own properties whatever their name. */
export const withValue = (value: unknown, path: Path, inner: unknown): unknown => {
  const [first, ...rest] = path
  if (first === undefined) return inner
  const entries = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  entries.set(String(first), withValue(entries.get(String(first)), rest, inner))
  return Object.fromEntries(entries)
}

type Context = {
  readonly loaded: LoadedRun
  readonly settings: SweepSettings
  readonly schema: JsonSchema | null
  readonly whole: JsonSchema
}

const problem = (key: string, message: string, words: Partial<Problem>, within: Path = []): Problem => ({
  code: 'CONFIG_RANGE',
  part: 'value',
  message,
  path: ['sweep', 'space', key, ...within],
  ...words,
})

const unknownKey = ({ whole, schema }: Context, key: string): Problem | null => {
  const path = pathOf(key)
  const [room = '', ...rest] = path
  const known = [
    ...keysAt(whole, ['config']).map((name) => `config.${name}`),
    ...trainKeys.map((name) => `train.${name}`),
  ]
  const here = room === 'train' ? rest.length === 1 && trainKeys.some((name) => name === rest[0]) : room === 'config'
  const opaque = room === 'config' && schema === null && rest.length > 0
  if (opaque || (here && rest.length > 0 && schemasAt(whole, path).length > 0)) return null
  const expected = schema === null ? `config.KEY, ${anyOf(trainKeys.map((name) => `train.${name}`))}` : anyOf(known)
  const near = nearest(key, known) ?? nearest(`config.${key}`, known)
  return problem(key, `there is no ${key} to vary`, {
    code: 'CONFIG_UNKNOWN_KEY',
    part: 'key',
    seen: key,
    expected,
    try: near,
  })
}

const isWhole = (c: Context, path: Path, bounds: readonly number[]): boolean => {
  if (c.schema === null && path[0] === 'config')
    return [...bounds, valueAt(c.loaded.stated, path)].every((value) => Number.isInteger(value))
  const types = schemasAt(c.whole, path).map(({ type }) => type)
  return types.includes('integer') && !types.includes('number')
}

const rangeOf = (c: Context, key: string, d: Dimension): Parameter['range'] | Problem => {
  const path = pathOf(key)
  const schemas = schemasAt(c.whole, path)
  if ('values' in d) {
    if (d.values !== 'all') return { kind: 'values', values: d.values }
    const options = optionsOf(schemas)
    const all = [...options, ...(schemas.some(({ type }) => type === 'boolean') ? [false, true] : [])]
    if (all.length > 0) return { kind: 'values', values: all }
    const words = { seen: 'values: all', expected: 'an enum or a boolean', try: 'values: […]' }
    return problem(key, `${key} has no closed list of choices`, words, ['values'])
  }
  const kind = 'linear' in d ? 'linear' : 'log'
  const [low, high] = 'linear' in d ? d.linear : d.log
  const opaque = c.schema === null && path[0] === 'config'
  const numeric = opaque || schemas.some(({ type }) => type === 'number' || type === 'integer')
  if (!numeric) {
    const words = { code: 'CONFIG_TYPE' as const, seen: kind, expected: 'values', try: 'values: all' }
    return problem(key, `${key} is no number`, words, [kind])
  }
  if (!(low < high)) {
    const words = { seen: `[${low}, ${high}]`, expected: 'the lower bound, then the upper one' }
    return problem(key, `the bounds of ${key} hold nothing`, words, [kind])
  }
  if (c.settings.sampler === 'grid' && d.points === undefined) {
    const words = { code: 'CONFIG_REQUIRED' as const, seen: kind, expected: 'how many values', try: 'points: 3' }
    return problem(key, `a grid needs points for ${key}`, words, [kind])
  }
  return { kind, low, high, integer: isWhole(c, path, [low, high]), points: d.points ?? null }
}

/** Values that stand for the whole range: both ends, or each of a list, and where each is written. */
const corners = (d: Dimension, range: Parameter['range']): { value: unknown; within: Path }[] => {
  if (range.kind !== 'values') return [range.low, range.high].map((value, at) => ({ value, within: [range.kind, at] }))
  const listed = 'values' in d && d.values !== 'all'
  return range.values.map((value, at) => ({ value, within: listed ? ['values', at] : ['values'] }))
}

/** What the schema says of a value at this key, told where the sweep states it. */
const valueProblems = (c: Context, key: string, value: unknown, within: Path): Problem[] => {
  const path = pathOf(key)
  const changed = withValue(c.loaded.stated, path, value)
  const own = runFile.safeParse(changed)
  const found = [
    ...(own.success ? [] : explain({ schema: wholeSchema(null), value: changed }, own.error.issues)),
    ...(c.schema === null ? [] : configProblems(c.schema, valueAt(changed, ['config']))),
  ]
  return found
    .filter((p) => path.every((part, at) => p.path[at] === part))
    .map((p) => ({ ...p, path: ['sweep', 'space', key, ...within] }))
}

const conditionProblems = (key: string, d: Dimension, ranges: ReadonlyMap<string, Parameter['range']>) =>
  Object.entries(d.when ?? {}).flatMap(([other, wanted]): Problem[] => {
    const range = ranges.get(other)
    if (range?.kind !== 'values' || other === key) {
      const choices = [...ranges].flatMap(([name, r]) => (r.kind === 'values' && name !== key ? [name] : []))
      const words = { seen: other, expected: anyOf(choices), try: nearest(other, choices), part: 'key' as const }
      return [problem(key, `${key} depends on what is not varied by values here`, words, ['when', other])]
    }
    const unknown = listOf(wanted).filter((v) => !range.values.some((r) => canonicalJson(r) === canonicalJson(v)))
    if (unknown.length === 0) return []
    const words = { seen: seenWords(unknown[0]), expected: anyOf(range.values.map(String)) }
    return [problem(key, `${other} never has this value`, words, ['when', other])]
  })

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** Keys whose conditions lead back to themselves. */
const circular = (space: SweepSettings['space']): string[] =>
  Object.keys(space).filter((start) => {
    const seen = new Set<string>()
    const visit = (key: string): boolean =>
      Object.keys(space[key]?.when ?? {}).some((next) => {
        if (next === start) return true
        if (seen.has(next)) return false
        seen.add(next)
        return visit(next)
      })
    return visit(start)
  })

/**
 * The parameters of a run file's sweep, checked against the experiment's schema. Throws one GonogoError (CONFIG_…) with every
 * fault at its place in the YAML.
 */
export const parametersOf = (
  loaded: LoadedRun,
  settings: SweepSettings,
  description: Pick<Description, 'schema'>,
): Parameter[] => {
  const schema = isSchema(description.schema) ? description.schema : null
  const c: Context = { loaded, settings, schema, whole: wholeSchema(schema) }
  const problems: Problem[] = []
  const ranges = new Map<string, Parameter['range']>()
  for (const [key, dimension] of Object.entries(settings.space)) {
    const unknown = unknownKey(c, key)
    const range = unknown ?? rangeOf(c, key, dimension)
    if ('code' in range) {
      problems.push(range)
      continue
    }
    ranges.set(key, range)
    for (const { value, within } of corners(dimension, range)) problems.push(...valueProblems(c, key, value, within))
  }
  for (const [key, d] of Object.entries(settings.space)) problems.push(...conditionProblems(key, d, ranges))
  for (const key of circular(settings.space))
    problems.push(problem(key, `${dotted([key])} depends on itself`, { seen: 'when', expected: 'an order' }, ['when']))
  throwFaults(faultsOf(problems, loaded.locate))
  return Object.entries(settings.space).map(([key, { when = {} }]) => ({
    key,
    range: ranges.get(key)!,
    when: new Map(Object.entries(when).map(([other, wanted]) => [other, listOf(wanted)])),
  }))
}

/** Throws where a point makes a config that its schema refuses: a key that is required and varied at other points alone. */
export const checkPoints = (
  loaded: LoadedRun,
  description: Pick<Description, 'schema'>,
  points: readonly Point[],
): void => {
  const { schema } = description
  if (!isSchema(schema)) return
  for (const point of points) {
    const whole = Object.entries(point).reduce<unknown>(
      (value, [key, v]) => withValue(value, pathOf(key), v),
      loaded.stated,
    )
    throwFaults(faultsOf(configProblems(schema, valueAt(whole, ['config']) ?? {}), loaded.locate))
  }
}
