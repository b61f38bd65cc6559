// A poll of a real experiment in real processes, for tests: with its config changed, or with a faulty hand on its checkpoints.
// The same joins as src/run.ts, without what surrounds a command.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { sharedEngines } from '../../corpus/shared.ts'
import { checkValue, readRunFile } from '../../src/config/index.ts'
import type { Description, Facts, Finding, FindingCode, RunFile, Tier } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { makePlan, openRequest } from '../../src/plan/index.ts'
import { type Polling, poll } from '../../src/preflight/index.ts'

/** Of whole polls of healthy experiments: all five with GONOGO_ALL_SEEDS=1, as in tests/torch. */
export const seeds: readonly number[] = process.env.GONOGO_ALL_SEEDS ? [0, 1, 2, 3, 4] : [0, 1]

export type Changes = {
  readonly config?: Record<string, unknown>
  readonly seed?: number
  readonly run?: (run: RunFile) => RunFile
  /** Instead of the engine that the run file asks for; it stays the caller's. */
  readonly own?: Engine
  /** Puts something between the poll and the engine. */
  readonly engine?: (engine: Engine) => Engine
  /** Of the first subject. */
  readonly facts?: (facts: Facts) => Facts
  readonly description?: (description: Description) => Description
  readonly only?: readonly FindingCode[]
  readonly skip?: ReadonlyMap<FindingCode, string>
  readonly budgetSeconds?: number
  readonly signal?: AbortSignal
  /** Only what is asked of a proxy, or of the large model. */
  readonly tier?: Tier
}

export const root = path.resolve(import.meta.dirname, '../..')
export const experiments = path.join(root, 'tests/experiments')

export const findingsOf = async (file: string, changes: Changes = {}): Promise<Finding[]> => {
  const loaded = await readRunFile(path.resolve(experiments, file))
  const given = { ...loaded.run, threads: loaded.run.threads ?? 1, seed: changes.seed ?? loaded.run.seed }
  const run = changes.run?.(given) ?? given
  const own = changes.own ?? engines.engineFor(loaded.experiment, run, { folder: loaded.folder, log: null })
  const asked = { ...run.config, ...changes.config }
  const scratch = await mkdtemp(path.join(tmpdir(), 'gonogo-preflight-'))
  try {
    const { described, facts: told } = await met(own, run, loaded.experiment, asked, changes.own === undefined)
    const facts = changes.facts?.(told) ?? told
    const description = changes.description?.(described) ?? described
    const config = { ...defaultsOf(description), ...asked }
    const { experiment, origins, folder } = loaded
    const plan = makePlan({ run, config, file: loaded.file, folder, experiment, description, facts, origins })
    const found: Finding[] = []
    const engine = changes.engine?.(own) ?? own
    await using full = changes.tier === 'full' ? await engine.open(openRequest(plan)) : null
    const polling: Polling = {
      engine,
      plan,
      description,
      facts,
      request: (o) => openRequest(plan, o),
      checkConfig: (value) => (description.schema ? checkValue(description.schema, value) : []),
      scratch,
      ...(changes.only ? { only: changes.only } : {}),
      skip: changes.skip ?? new Map(),
      budgetSeconds: changes.budgetSeconds ?? 600,
      signal: changes.signal ?? new AbortController().signal,
      ...(full ? { loaded: full } : {}),
    }
    for await (const finding of poll(polling, changes.tier)) found.push(finding)
    return found
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

// What one poll of a test file has imported, the next one's processes are forked from.
const engines = sharedEngines()
afterAll(engines.close)

type Met = { readonly described: Description; readonly facts: Facts }
const known = new Map<string, Met>()

/** What an experiment says of itself: asked once for each config and run of a file, because two processes go into it. */
const met = async (
  engine: Engine,
  run: RunFile,
  experiment: string,
  config: Record<string, unknown>,
  keep: boolean,
): Promise<Met> => {
  const key = JSON.stringify([experiment, config, run, process.env])
  const before = keep ? known.get(key) : undefined
  if (before) return before
  const described = await engine.describe({ experiment, config }, openRequest({ run, experiment, config }), 'quick')
  await using subject = await engine.open(
    openRequest({ run, config: { ...defaultsOf(described), ...config }, experiment }),
  )
  const found = { described, facts: subject.facts }
  if (keep) known.set(key, found)
  return found
}

/** Defaults of the keys of a flat schema. */
const defaultsOf = ({ schema }: Description): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries((schema?.properties ?? {}) as Record<string, { default?: unknown }>)
      .filter(([, property]) => property.default !== undefined)
      .map(([key, property]) => [key, property.default]),
  )

/** Checks whose subject no classifier of plain pictures in one process has: time, augmentation, padding, several ranks. */
export const absent: readonly FindingCode[] = ['D2', 'D6', 'D9', 'P1', 'P2', 'T3']
/** On `embedded`, whose losses take nothing that could be wrong, I4 as well. */
export const absentOnEmbedded: readonly FindingCode[] = ['D2', 'D6', 'D9', 'P1', 'P2', 'T3']

export const findingOf = (findings: readonly Finding[], check: FindingCode): Finding => {
  const found = findings.find((finding) => finding.check === check)
  if (!found) throw new Error(`no finding of ${check}: ${findings.map((one) => one.check).join(', ')}`)
  return found
}

/** `NO-GO K1 cause: title`, for messages of failed tests. */
export const summary = (findings: readonly Finding[]): string =>
  findings.map((f) => `${f.status} ${f.check} ${f.cause ?? ''}: ${f.title} | ${f.seen}`).join('\n')
