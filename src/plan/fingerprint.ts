// What a run depends on, part by part, and its sha256. docs/decisions/fingerprint.md says what enters and why.
// Nothing here reads a file: hashes of code and data come from the engine.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../contract/json.ts'
import type { Fingerprint, Plan } from '../contract/plan.ts'

export type Dependencies = Pick<Plan, 'run' | 'objective' | 'folder' | 'code' | 'packages' | 'data' | 'environment'>

export const parts = ['code', 'packages', 'config', 'data', 'environment'] as const
export type Part = (typeof parts)[number]

/** Paths below the project are taken relative to it, so that a project that moved is the same project. */
const portable = (value: unknown, folder: string): unknown => {
  if (typeof value === 'string') return value.startsWith(`${folder}/`) ? `.${value.slice(folder.length)}` : value
  if (Array.isArray(value)) return value.map((item) => portable(item, folder))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, portable(inner, folder)]))
}

/**
 * The part of the run file that decides what is computed. Left out: the name, the experiment's path (its bytes are in
 * `code`), what only decides when to check, save or end (preflight, checkpoint, stop), what a resume is held to, and how many
 * processes make the batches.
 */
const configOf = ({ run, objective, folder }: Dependencies): unknown => {
  const { gonogo, seed, device, threads, engine, config, evaluate } = run
  const { workers: _, ...train } = run.train
  // left out where there is one process: runs from before there could be several are the same runs
  const world = run.world > 1 ? { world: run.world } : {}
  return portable({ gonogo, seed, device, threads, engine, config, train, evaluate, objective, ...world }, folder)
}

const byName = <T>(items: readonly T[], name: (item: T) => string): Record<string, T> =>
  Object.fromEntries(items.map((item) => [name(item), item]))

/** What each part of the fingerprint is the hash of. */
export const contents = (plan: Dependencies): Record<Part, unknown> => ({
  code: Object.fromEntries(plan.code.map(({ path, sha256 }) => [portable(path, plan.folder), sha256])),
  packages: plan.packages,
  config: configOf(plan),
  data: byName(plan.data, ({ split }) => split),
  environment: plan.environment,
})

const sha256 = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')

/** One sha256 a part, and one over all of them. The order of keys, files and splits does not count. */
export const fingerprintOf = (plan: Dependencies): Fingerprint => {
  const content = contents(plan)
  const hashes = {
    code: sha256(content.code),
    packages: sha256(content.packages),
    config: sha256(content.config),
    data: sha256(content.data),
    environment: sha256(content.environment),
  }
  return { ...hashes, whole: sha256(hashes) }
}
