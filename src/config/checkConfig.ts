// `config:` against the schema that the experiment declares: strict types, no conversion, defaults filled in.
// The schema travels as JSON Schema, so it is the same for an experiment in any language.
import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { dotted, type Path } from '../contract/dotted.ts'
import { GonogoError } from '../contract/errors.ts'
import type { Description } from '../contract/facts.ts'
import { explain, type Problem, type ProblemCode, valueAt } from './explain.ts'
import { throwFaults } from './faults.ts'
import { faultsOf, type LoadedRun } from './readRunFile.ts'
import { wholeSchema } from './runFileSchema.ts'
import { closed, schemaFaults } from './schemaFaults.ts'
import { seenWords } from './seen.ts'
import { type JsonSchema, schemasAt } from './shape.ts'
import { shownPath } from './source.ts'

export type Issue = { readonly path: (string | number)[]; readonly code: ProblemCode; readonly message: string }

const compile = (schema: JsonSchema): z.ZodType => {
  try {
    // a registry of its own: the global one refuses two schemas with one id, and two experiments may share one
    return z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0], { registry: z.registry() })
  } catch (cause) {
    throw new GonogoError('SCHEMA_UNSUPPORTED', 'the schema of the config uses what cannot be checked', {
      seen: cause instanceof Error ? cause.message : String(cause),
      expected: 'numbers, booleans, enums, lists, maps and unions of them',
      cause,
    })
  }
}

type Checked = { readonly value: Record<string, unknown>; readonly problems: readonly Problem[] }

const check = (schema: JsonSchema, config: unknown): Checked => {
  const type = compile(schema)
  let result = type.safeParse(config)
  // a default that is a map may lack keys that have defaults themselves; each pass fills one level
  for (let level = 0; result.success && level < 8; level++) {
    const again = type.safeParse(result.data)
    const settled = again.success && JSON.stringify(again.data) === JSON.stringify(result.data)
    result = again
    if (settled) break
  }
  if (result.success) return { value: result.data as Record<string, unknown>, problems: [] }
  const subject = { schema: wholeSchema(schema), value: { config } }
  return { value: {}, problems: explain(subject, result.error.issues, ['config']) }
}

/** What is wrong with a config, path from `config` on, in words that can be placed. */
export const configProblems = (schema: JsonSchema, config: unknown): readonly Problem[] =>
  check(schema, config).problems

const sentence = (problem: Problem): string => {
  const parts = [
    problem.message,
    problem.seen && `seen ${problem.seen}`,
    problem.expected && `expected ${problem.expected}`,
  ]
  return parts.filter(Boolean).join('; ')
}

/**
 * What is wrong with `config` by a JSON Schema; empty where nothing is. Maps are closed and nothing is converted.
 *
 * @example checkValue(schema, { lerning_rate: 1 }) // [{ path: ['lerning_rate'], code: 'CONFIG_UNKNOWN_KEY', … }]
 */
export const checkValue = (schema: JsonSchema, config: unknown): Issue[] =>
  check(schema, config).problems.map((problem) => ({
    path: problem.path.slice(1),
    code: problem.code,
    message: sentence(problem),
  }))

/** Throws SCHEMA_… where the schema of an experiment is not strict; `where` names the experiment. */
export const checkSchema = (schema: JsonSchema, where: string): void => {
  const [first, ...rest] = schemaFaults(schema).map((fault) => ({
    code: fault.code,
    message: fault.message,
    where,
    seen: fault.path.length === 0 ? 'config' : dotted(['config', ...fault.path]),
    expected: 'closed choices, numbers, booleans, and strings marked as name(), path() or note()',
    try: fault.try,
  }))
  if (first !== undefined) throw new GonogoError(first.code, first.message, { ...first, also: rest })
}

/** The experiment's own objections that the schema did not already raise at the same place. */
const refinements = (description: Description, config: unknown, problems: readonly Problem[]): Problem[] => {
  const known = new Set(problems.flatMap(({ path }) => path.map((_, depth) => dotted(path.slice(0, depth + 1)))))
  return description.issues
    .filter(({ path }) => !known.has(dotted(['config', ...path])) && !(path.length === 0 && problems.length > 0))
    .map(({ path, message }) => ({
      code: 'CONFIG_RANGE',
      message: path.length === 0 ? `config: ${message}` : `${dotted(['config', ...path])}: ${message}`,
      path: ['config', ...path],
      part: 'value',
      seen: seenWords(valueAt(config, path)),
      expected: 'what the experiment itself asks for',
    }))
}

/** Strings that the schema marks as paths become absolute where the file that states them says so: by ./ or by lying there. */
export const withPaths = (
  schema: JsonSchema,
  value: unknown,
  at: Path,
  loaded: Pick<LoadedRun, 'statedIn'>,
  shown: (file: string) => string = (file) => file,
): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => withPaths(schema, item, [...at, index], loaded, shown))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, withPaths(schema, inner, [...at, key], loaded, shown)]),
    )
  }
  if (typeof value !== 'string' || !schemasAt(schema, at).some((place) => place.gonogo === 'path')) return value
  const folder = loaded.statedIn(['config', ...at])
  if (folder === null || isAbsolute(value)) return value
  const file = resolve(folder, value)
  // a bare name may be a file of a package, which the experiment's own readers find
  return /^\.{1,2}(\/|$)/.test(value) || existsSync(file) ? shown(file) : value
}

/**
 * The config with every default, checked against the experiment's schema. Throws one GonogoError that carries every
 * fault, each at its place in the YAML; SCHEMA_… where the schema itself is not strict. An experiment that brings its
 * own configuration (`schema: null`) gets what the run file says, as it is.
 */
export const checkConfig = (loaded: LoadedRun, description: Description): Record<string, unknown> => {
  const { schema } = description
  const checked = schema === null ? { value: loaded.run.config, problems: [] } : checkStrictly(schema, loaded)
  throwFaults(
    faultsOf([...checked.problems, ...refinements(description, loaded.run.config, checked.problems)], loaded.locate),
  )
  return schema === null ? checked.value : (withPaths(schema, checked.value, [], loaded) as Record<string, unknown>)
}

const checkStrictly = (schema: JsonSchema, loaded: LoadedRun): Checked => {
  checkSchema(schema, shownPath(loaded.experiment))
  return check(schema, loaded.run.config)
}
