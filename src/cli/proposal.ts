// Whether a run that has just ended makes a better baseline, over all seeds of its experiment; said, never done.
// Not the setting of it: `gonogo baseline set` tests again, and writes.
import { comparableOf, differsIn, experimentKey } from '../comparison.ts'
import type { BaselineVersion, Plan } from '../contract/index.ts'
import { compareSeeds, type SeedComparison } from '../decide/index.ts'
import { bestOf, isFinished, type PastRun, pastRuns } from '../past.ts'
import { readBaselines } from '../record/index.ts'

export type Proposal = {
  /** `mnist-cnn@2`. */
  readonly baseline: string
  readonly name: string
  /** One a seed, the newest. */
  readonly runs: readonly string[]
  readonly comparison: SeedComparison
  /** proved: seeds of both sides say so. likely: more seeds would have to. */
  readonly state: 'proved' | 'likely'
}

/** The newest version of each name that asks the same question. */
const comparableBaselines = (all: readonly BaselineVersion[], plan: Plan): BaselineVersion[] => {
  const newest = new Map<string, BaselineVersion>()
  for (const version of all)
    if (version.version > (newest.get(version.name)?.version ?? 0)) newest.set(version.name, version)
  const like = [...newest.values()].filter((v) => differsIn(comparableOf(plan), v.comparable).length === 0)
  const named = like.filter(({ name }) => name === plan.run.stop.baseline?.replace(/@\d+$/, ''))
  return named.length > 0 ? named : like
}

const seedsOf = (runs: readonly PastRun[], plan: Plan): PastRun[] => {
  const key = experimentKey(plan)
  const own = runs.filter((run) => isFinished(run) && bestOf(run) !== null && experimentKey(run.plan) === key)
  return [...new Map(own.map((run) => [run.plan.run.seed, run])).values()]
}

/** Null where no baseline asks the same question, or none is beaten. */
export const proposalFor = async (root: string, plan: Plan): Promise<Proposal | null> => {
  const { baselines } = await readBaselines(root)
  const like = comparableBaselines(baselines, plan)
  if (like.length === 0) return null
  const own = seedsOf(await pastRuns(root), plan)
  for (const version of like) {
    const before = new Set(version.seeds.map(({ run }) => run))
    // seeds of the baseline itself beat nothing
    if (own.length === 0 || own.some(({ run }) => before.has(run))) continue
    const values = own.flatMap((run) => bestOf(run) ?? [])
    const found = compareSeeds(
      plan.objective.direction,
      version.seeds.map(({ best }) => best),
      values,
    )
    if (found.difference <= 0) continue
    // a single run against several may lie outside their spread, and still be luck
    const isProved = found.verdict === 'better' && values.length > 1
    if (!isProved && found.verdict !== 'better' && found.seedsNeeded === null) continue
    return {
      baseline: `${version.name}@${version.version}`,
      name: version.name,
      runs: own.map(({ run }) => run),
      comparison: found,
      state: isProved ? 'proved' : 'likely',
    }
  }
  return null
}
