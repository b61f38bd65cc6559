// The poll: runs the checks in order and yields their findings. GO as they come; faults at the end, folded by cause.
// What a check looks at is in its own file; what the verdict means for the run is the caller's.
import type { Ability, CheckCode, Facts, Finding, FindingCode, Plan, Tier } from '../contract/index.ts'
import { c1 } from './c1-strict-config.ts'
import { c2 } from './c2-config-effect.ts'
import { type Check, type Outcome, skipped } from './check.ts'
import { Context, otherSeed, type Polling } from './context.ts'
import { Crash, failure } from './crash.ts'
import { d1 } from './d1-batch-leakage.ts'
import { d2 } from './d2-causality.ts'
import { d3 } from './d3-split-overlap.ts'
import { d4 } from './d4-alignment.ts'
import { d5 } from './d5-input-scale.ts'
import { d6 } from './d6-augmentation.ts'
import { d7 } from './d7-epoch-order.ts'
import { d8 } from './d8-sound-values.ts'
import { d9 } from './d9-padding.ts'
import { d10 } from './d10-inputs-heeded.ts'
import { f1 } from './f1-forecast.ts'
import { fold } from './fold.ts'
import { fullChecks, onlyFull } from './full-checks.ts'
import { i1 } from './i1-chance-level.ts'
import { i2 } from './i2-logits.ts'
import { i3 } from './i3-symmetry.ts'
import { i4 } from './i4-loss-inputs.ts'
import { k1 } from './k1-resume-equivalence.ts'
import { k2 } from './k2-checkpoint-coverage.ts'
import { k3 } from './k3-checkpoints-apart.ts'
import { k4 } from './k4-load-into-other-seed.ts'
import { k5 } from './k5-portable-weights.ts'
import { k6 } from './k6-best-is-best.ts'
import { k7 } from './k7-best-reproduced.ts'
import { m1 } from './m1-memory-slope.ts'
import { m2 } from './m2-data-wait.ts'
import { o1 } from './o1-trainable-set.ts'
import { o2 } from './o2-fresh-gradients.ts'
import { o3 } from './o3-step-descends.ts'
import { o4 } from './o4-overfit-one-batch.ts'
import { o5 } from './o5-update-size.ts'
import { o6 } from './o6-schedule.ts'
import { o7 } from './o7-accumulation.ts'
import { o8 } from './o8-finite-numbers.ts'
import { o9 } from './o9-clipping.ts'
import { o10 } from './o10-weight-decay-groups.ts'
import { ownChecks } from './own.ts'
import { p1 } from './p1-ranks-agree.ts'
import { p2 } from './p2-world-size-invariance.ts'
import { s1 } from './s1-same-seed.ts'
import { s2 } from './s2-other-seed.ts'
import { s3 } from './s3-hash-seed.ts'
import { t1 } from './t1-monitors.ts'
import { t2 } from './t2-peak-rate.ts'
import { t3 } from './t3-same-start.ts'
import { unusualCrash } from './unusual.ts'
import { v1 } from './v1-evaluate-twice.ts'
import { v2 } from './v2-batch-size-invariance.ts'
import { v3 } from './v3-evaluation-purity.ts'
import { v4 } from './v4-metrics-recomputed.ts'
import { v5 } from './v5-permuted-validation.ts'
import { v6 } from './v6-whole-validation.ts'
import { v7 } from './v7-metric-extremes.ts'
import { lowered, settingOf, waived } from './waivers.ts'

/** In the order of the poll: cheap first, and what others build on before them. */
const checks: readonly Check[] = [
  c1,
  d8,
  d1,
  d2,
  d10,
  d7,
  d5,
  d3,
  d6,
  i1,
  i2,
  o1,
  i3,
  i4,
  o2,
  o3,
  o9,
  o10,
  o8,
  o7,
  p1,
  p2,
  v4,
  v1,
  v2,
  d9,
  m1,
  v5,
  k6,
  v7,
  t1,
  s1,
  s3,
  v3,
  o6,
  f1,
  m2,
  o5,
  t2,
  t3,
  c2,
  k3,
  k1,
  k2,
  k7,
  s2,
  k4,
  k5,
  v6,
  o4,
  d4,
]

/** The project's own come before what takes processes of its own. */
const withOwn = (facts: Facts): readonly Check[] => {
  const at = checks.indexOf(s1)
  return [...checks.slice(0, at), ...ownChecks(facts), ...checks.slice(at)]
}

/** What a run rests on: that it starts again where it was, that its numbers are right, that it can learn. */
const core: readonly FindingCode[] = ['I1', 'O1', 'V4', 'V2', 'S1', 'V3', 'K1', 'K2', 'K4', 'K5', 'O4']
/** Share of the budget after which these go first: a slow experiment would leave them out for cheaper ones. */
const hurry = 0.25

const coreFirst = (a: Check, b: Check): number => Number(core.includes(b.code)) - Number(core.includes(a.code))

/**
 * The order where one subject may live at a time: all that the shared one can show, then the fresh processes, and only then what
 * heeds them, so that the shared one is opened twice at most.
 */
const oneByOne = (all: readonly Check[]): readonly Check[] => {
  const fresh = new Set(all.filter(({ costClass }) => costClass === 'fresh').map(({ code }) => code))
  const turn = ({ code, heeds = [] }: Check) => (heeds.some((one) => fresh.has(one)) ? 2 : fresh.has(code) ? 1 : 0)
  return all.toSorted((a, b) => turn(a) - turn(b))
}

/** All of them; or, where the run file declares a proxy, those that are asked of it and those that are asked of the large model. */
const checksOf = (facts: Facts, tier: Tier | undefined): readonly Check[] => {
  if (tier === 'full') return fullChecks
  const all = withOwn(facts)
  return tier === 'proxy' ? all.filter(({ code }) => !onlyFull.has(code)) : all
}

/** Runs the poll. Ends early, with the signal's reason thrown, when the signal aborts. */
export async function* poll(polling: Polling, tier?: Tier): AsyncGenerator<Finding> {
  const settingsRead = new Set<string>()
  const context = new Context({ ...polling, plan: watchedPlan(polling.plan, settingsRead) })
  const all = checksOf(context.facts, tier)
  const label = tier ? { tier } : {}
  const wanted = (context.alone ? oneByOne(all) : all).filter(
    ({ code }) => !polling.only || polling.only.includes(code),
  )
  const settings = new Map(wanted.map(({ code }) => [code, settingOf(code, polling.plan, polling.skip)]))
  const runs = (code: CheckCode) => settings.has(code) && settings.get(code)?.level !== 'skip'
  context.expect([
    ...(runs('S1') ? [{ seed: context.seed, process: 'own' } as const] : []),
    ...(runs('K1') ? [{ seed: context.seed, process: 'quick' } as const] : []),
    ...(runs('S2') || runs('K4') ? [{ seed: otherSeed(context.seed), process: 'quick' } as const] : []),
  ])
  const faults: Finding[] = []
  try {
    const left = [...wanted]
    for (let hurried = false; ; ) {
      polling.signal.throwIfAborted()
      if (!hurried && context.spent > hurry * polling.budgetSeconds) {
        hurried = true
        left.sort(coreFirst)
      }
      const check = left.shift()
      if (check === undefined) break
      const setting = settings.get(check.code) ?? { level: 'block', reason: null }
      settingsRead.clear()
      const started = performance.now()
      const opening = context.openSeconds
      const outcome = setting.level === 'skip' ? waived(setting) : lowered(await outcomeOf(check, context), setting)
      context.outcomes.set(check.code, outcome)
      polling.onChecked?.({ check: check.code, ...setting, reads: [...settingsRead] })
      const seconds = (performance.now() - started) / 1000 - (context.openSeconds - opening)
      const finding: Finding = { check: check.code, ...outcome, folded: [], seconds: Math.max(0, seconds), ...label }
      if (outcome.cause === null) yield finding
      else {
        faults.push(finding)
        polling.onFault?.(finding.check, finding.status)
      }
    }
    yield* fold(faults)
    const dependencies =
      polling.onDependencies && faults.every(({ status }) => status !== 'NO-GO') && (await context.dependencies())
    if (dependencies) polling.onDependencies?.(dependencies)
  } finally {
    polling.onLoaded?.(context.openSeconds)
    await context.close()
  }
}

/** The plan, noting which settings of the run file are looked at: what a check has not seen may change without it. */
const watchedPlan = (plan: Plan, seen: Set<string>): Plan => ({
  ...plan,
  run: new Proxy(
    { ...plan.run },
    {
      get: (run, key) => {
        if (typeof key === 'string') seen.add(key)
        return Reflect.get(run, key)
      },
    },
  ),
})

const outcomeOf = async (check: Check, context: Context): Promise<Outcome> => {
  // numbers that cannot be used spoil whatever is computed from them
  const ground: readonly CheckCode[] = check.costClass === 'none' || check.code === 'D8' ? [] : ['D8']
  const ahead = [...ground, ...check.after].find((code) => context.outcomes.get(code)?.status === 'NO-GO')
  if (ahead) return skipped(`needs ${ahead}, which is NO-GO`)
  for (const ability of check.needs) {
    const lacking = lack(context.facts, ability)
    if (lacking) return lacking
  }
  if (context.remaining <= 0)
    return skipped(`budget: the ${context.polling.budgetSeconds} s of preflight.budget are spent`)
  try {
    return withGuarantee(await check.run(context), check, context.facts)
  } catch (error) {
    if (error instanceof Crash) return (await unusualCrash(context, error)) ?? failure(error)
    throw error
  }
}

/** What to say where the subject cannot show what a check needs; null where it can. */
const lack = (facts: Facts, ability: Ability): Outcome | null => {
  const can = facts.can[ability] ?? { no: `the engine does not offer ${ability}` }
  if (can === 'yes') return null
  if ('no' in can) return skipped(can.no)
  return {
    ...skipped(`by construction: ${can.byConstruction}`),
    status: 'GO',
    seen: 'not measured',
    expected: can.byConstruction,
  }
}

const withGuarantee = (outcome: Outcome, { guarantee }: Check, facts: Facts): Outcome => {
  const reason = guarantee && facts.guarantees[guarantee]
  if (!reason || outcome.status !== 'GO') return outcome
  return {
    ...outcome,
    title: `${outcome.title}; by construction: ${reason}`,
    evidence: { ...outcome.evidence, byConstruction: reason },
  }
}
