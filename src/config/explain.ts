// zod's issues → what is wrong in the user's terms: code, path, seen, expected, what to write instead.
// It knows values and JSON Schema, no YAML and no places in files.
import type { core } from 'zod'
import { dotted, type Path } from '../contract/dotted.ts'
import { anyOf, nearest } from '../contract/nearest.ts'
import { hintFor, seenWords, textReason } from './seen.ts'
import { inWords, type JsonSchema, keysAt, optionsOf, pathsOf, schemasAt } from './shape.ts'

export type ProblemCode =
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_TYPE'
  | 'CONFIG_ENUM'
  | 'CONFIG_RANGE'
  | 'CONFIG_REQUIRED'
  | 'CONFIG_NAME'

/** One thing wrong with a value, by its path. */
export type Problem = {
  readonly code: ProblemCode
  readonly message: string
  readonly path: Path
  readonly part: 'key' | 'value'
  readonly seen?: string | undefined
  readonly expected?: string | undefined
  readonly try?: string | undefined
}

/** More than a person mends at once; a hostile file has millions. */
const mostProblems = 100

type Issue = core.$ZodIssue

type Subject = {
  /** JSON Schema of the whole run file, the experiment's part included where it is known. */
  readonly schema: JsonSchema
  /** The value that was checked, from the root of the run file. */
  readonly value: unknown
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, part) => {
    if (Array.isArray(at)) return typeof part === 'number' ? at[part] : undefined
    return isMap(at) && Object.hasOwn(at, part) ? at[part] : undefined
  }, value)

const pathOf = (issue: Issue, base: Path): Path => [
  ...base,
  ...issue.path.map((part) => (typeof part === 'number' ? part : String(part))),
]

const unknownKey = (subject: Subject, parent: Path, key: string): Problem => {
  const path = [...parent, key]
  const known = keysAt(subject.schema, parent)
  const common = { path, part: 'key', seen: key, code: 'CONFIG_UNKNOWN_KEY' } as const
  if (known.includes(key)) {
    // known here, yet refused: it belongs to another form than the keys beside it
    const message = `${key} does not go with the keys beside it`
    return { ...common, message, expected: inWords(subject.schema, schemasAt(subject.schema, parent)) }
  }
  const expected = known.length === 0 ? 'no further key' : anyOf(known)
  const elsewhere = pathsOf(subject.schema, key)[0]
  if (elsewhere !== undefined) {
    const place = dotted(elsewhere)
    return { ...common, message: `${key} belongs elsewhere: ${place}`, expected, try: place }
  }
  const near = nearest(key, known)
  if (near !== undefined || parent.length > 0) return { ...common, message: `unknown key ${key}`, expected, try: near }
  const place = dotted(['config', key])
  return {
    ...common,
    message: `unknown key ${key}; settings of the experiment stand under config`,
    expected,
    try: place,
  }
}

const missing = (subject: Subject, path: Path): Problem => ({
  code: 'CONFIG_REQUIRED',
  message: `${dotted(path)} is missing`,
  path,
  part: 'key',
  seen: 'nothing',
  expected: inWords(subject.schema, schemasAt(subject.schema, path)),
  try: hintFor(path, undefined, schemasAt(subject.schema, path)),
})

const wrong = (subject: Subject, code: ProblemCode, path: Path, message: string, expected?: string): Problem => {
  const value = valueAt(subject.value, path)
  if (value === undefined) return missing(subject, path)
  const schemas = schemasAt(subject.schema, path)
  return {
    code,
    message,
    path,
    part: 'value',
    seen: seenWords(value),
    expected: expected ?? inWords(subject.schema, schemas),
    try: hintFor(path, value, schemas),
  }
}

const wrongType = (subject: Subject, path: Path): Problem => {
  const reason = textReason(valueAt(subject.value, path), schemasAt(subject.schema, path))
  return wrong(
    subject,
    'CONFIG_TYPE',
    path,
    `${dotted(path)}${reason === undefined ? ' has the wrong type' : `: ${reason}`}`,
  )
}

const wrongOption = (subject: Subject, path: Path): Problem => {
  const options = optionsOf(schemasAt(subject.schema, path))
  const value = valueAt(subject.value, path)
  const sameType = options.some((option) => typeof option === typeof value)
  if (value !== undefined && !sameType && value !== null) return wrongType(subject, path)
  return wrong(subject, 'CONFIG_ENUM', path, `${dotted(path)} is none of its choices`)
}

const isAtRoot = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')

/** How far a branch of a union is from fitting: another kind of object is furthest, then unknown keys, then missing ones. */
const distance = (subject: Subject, base: Path, issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + 100 * issue.keys.length
    if (valueAt(subject.value, pathOf(issue, base)) === undefined) return sum + 10
    return sum + (issue.code === 'invalid_value' && issue.values.length === 1 ? 1000 : 1)
  }, 0)

const union = (subject: Subject, path: Path, branches: readonly (readonly Issue[])[]): Problem[] => {
  const value = valueAt(subject.value, path)
  if (value === undefined) return [missing(subject, path)]
  const fitting = branches.filter((issues) => !issues.some(isAtRoot))
  const [first, ...rest] = fitting.toSorted((a, b) => distance(subject, path, a) - distance(subject, path, b))
  if (first === undefined) {
    const closed = branches.some((issues) => issues.some((issue) => issue.code === 'invalid_value'))
    return [closed ? wrongOption(subject, path) : wrongType(subject, path)]
  }
  if (rest.length > 0 && isMap(value) && Object.keys(value).length === 0) {
    const message = `${dotted(path)} is empty`
    return [wrong(subject, 'CONFIG_REQUIRED', path, message)]
  }
  return first.flatMap((issue) => problemsOf(subject, issue, path))
}

const problemsOf = (subject: Subject, issue: Issue, base: Path): Problem[] => {
  const path = pathOf(issue, base)
  const range = () => [wrong(subject, 'CONFIG_RANGE', path, `${dotted(path)} is out of range`)]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, mostProblems).map((key) => unknownKey(subject, path, key))
    case 'invalid_type':
      return [wrongType(subject, path)]
    case 'invalid_value':
      return [wrongOption(subject, path)]
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
      return range()
    case 'invalid_format': {
      const value = valueAt(subject.value, path)
      const own = path.length === 1 && path[0] === 'name'
      const safe = own && typeof value === 'string' ? nameFrom(value) : ''
      const words = own ? issue.message : undefined
      const problem = wrong(subject, own ? 'CONFIG_NAME' : 'CONFIG_RANGE', path, `${dotted(path)} does not fit`, words)
      return [safe === '' ? problem : { ...problem, try: `name: ${safe}` }]
    }
    case 'invalid_union':
      return union(subject, path, issue.errors)
    case 'invalid_key':
      return [
        { ...unknownKey(subject, path.slice(0, -1), String(path.at(-1))), expected: 'a name as the schema allows' },
      ]
    case 'invalid_element':
    case 'custom':
      return [wrong(subject, 'CONFIG_RANGE', path, issue.message.charAt(0).toLowerCase() + issue.message.slice(1))]
    default:
      return issue satisfies never
  }
}

/** The nearest valid name of a run; '' where nothing is left. */
export const nameFrom = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 64)

/**
 * Everything wrong with a value, in the order of its issues, each once. A required key that stands there misspelled is
 * told as the misspelling alone.
 */
export const explain = (subject: Subject, issues: readonly Issue[], base: Path = []): Problem[] => {
  const problems = issues.slice(0, mostProblems).flatMap((issue) => problemsOf(subject, issue, base))
  const misspelled = new Set(
    problems
      .filter((p) => p.part === 'key' && p.try !== undefined)
      .map((p) => dotted([...p.path.slice(0, -1), p.try!])),
  )
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const key = `${problem.code} ${dotted(problem.path)}`
    const known = seen.has(key) || (problem.code === 'CONFIG_REQUIRED' && misspelled.has(dotted(problem.path)))
    seen.add(key)
    return !known
  })
}
