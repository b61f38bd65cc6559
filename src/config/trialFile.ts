// The run file of one trial: what the sweep's file states, with this point's values, whole in itself.
// Not an extension of the file: that one may change while the sweep goes on, and a trial must not.
import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { Description } from '../contract/facts.ts'
import type { Point } from '../contract/sweep.ts'
import { withPaths } from './checkConfig.ts'
import { asStated } from './extends.ts'
import type { LoadedRun } from './readRunFile.ts'
import { isSchema } from './shape.ts'
import { withValue } from './space.ts'

export type TrialFile = {
  readonly name: string
  readonly seed: number
  readonly threads: number
  readonly point: Point
  /** Folder that the file will lie in: its paths start there. */
  readonly folder: string
  /** A line that says where it comes from. */
  readonly remark: string
}

/** Paths among an engine's options start at the run file. */
const rebased = (value: unknown, from: string, to: string): unknown => {
  if (typeof value === 'string' && /[/\\]/.test(value) && !isAbsolute(value) && existsSync(resolve(from, value)))
    return asStated(resolve(from, value), to)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rebased(inner, from, to)]))
}

const left = new Set([
  'gonogo',
  'name',
  'extends',
  'experiment',
  'seed',
  'seeds',
  'sweep',
  'threads',
  'config',
  'engine',
])

/** YAML text. */
export const trialText = (loaded: LoadedRun, description: Pick<Description, 'schema'>, t: TrialFile): string => {
  const { stated, folder } = loaded
  const schema = isSchema(description.schema) ? description.schema : null
  const config = stated.config ?? {}
  const shown = (file: string) => asStated(file, t.folder)
  const whole: unknown = {
    gonogo: 1,
    name: t.name,
    experiment: asStated(loaded.experiment, t.folder),
    seed: t.seed,
    threads: t.threads,
    ...(stated.engine === undefined ? {} : { engine: rebased(stated.engine, folder, t.folder) }),
    config: schema === null ? config : withPaths(schema, config, [], loaded, shown),
    ...Object.fromEntries(Object.entries(stated).filter(([key]) => !left.has(key))),
  }
  const varied = Object.entries(t.point).reduce((value, [key, v]) => withValue(value, key.split('.'), v), whole)
  return `# ${t.remark}\n${stringify(varied, { version: '1.2', lineWidth: 0 })}`
}
