// The poll as run.ts has it made: of an opened experiment, in a scratch folder, its findings handed on as they come.
// Which checks there are and what they say is preflight's.
import { checkValue, type LoadedRun } from './config/index.ts'
import {
  type Dependencies,
  type Description,
  type Facts,
  type Finding,
  type FindingCode,
  type Plan,
  type RunEvent,
  type RunEventOf,
  type Status,
  type Verdict,
  verdictOf,
} from './contract/index.ts'
import type { Engine, engineFor, Subject } from './engine/index.ts'
import type { passOf } from './pass.ts'
import { openRequest } from './plan/index.ts'
import type { Checked, Polling } from './preflight/index.ts'
import { joinedDependencies, proxyOf } from './proxied.ts'
import { scratchFolder } from './surroundings.ts'

/** What happens while a command runs, for whoever shows it. */
export type Progress =
  | { readonly type: 'opened'; readonly plan: Plan; readonly facts: Facts; readonly run: string | null }
  /** A check has found something; its finding comes at the end, with those that it explains. */
  | { readonly type: 'fault'; readonly check: FindingCode; readonly status: Status }
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'event'; readonly event: RunEvent }
  /** An earlier pass holds: its findings, and what has to be asked again, with why. */
  | ({
      readonly type: 'reused'
      readonly plan: Plan
      readonly kept: readonly Finding[]
      readonly why: ReadonlyMap<FindingCode, string>
    } & Reused)
  | { readonly type: 'note'; readonly text: string }

export type Reused = NonNullable<RunEventOf<'preflight'>['reused']>

export type Options = {
  readonly only?: readonly FindingCode[]
  /** Check → reason. */
  readonly skip?: ReadonlyMap<FindingCode, string>
  /** Aborted: end cleanly; a run checkpoints first. */
  readonly signal?: AbortSignal
  readonly on?: (progress: Progress) => void
  /** Makes the engine, where several commands in one process share one. */
  readonly engineFor?: typeof engineFor
}

export type Prepared = {
  readonly loaded: LoadedRun
  readonly root: string
  /** The run file, absolute. */
  readonly file: string
  readonly engine: Engine
  readonly description: Description
  readonly subject: Subject
  readonly plan: Plan
  /** What the experiment prints, until its run folder exists. */
  readonly log: string | null
}

export type Polled = {
  readonly verdict: Verdict
  /** Of the checks themselves. */
  readonly seconds: number
  /** Of starting processes and loading code and data. */
  readonly loadSeconds: number
  readonly reused?: Reused
}

/** What the poll has left of the subject that it was given: it may have made room, or have shown what only it can show. */
export type Left = { readonly subject: 'fresh' | 'used' | 'closed' }

/** Of the budget, what the proxy may take; the rest is for the large model. */
const proxyShare = 2 / 3

/** Finds the pass that was kept for this run file, says why it does not hold, or hands on what does. */
const standing = async (
  { plan, file, root }: Prepared,
  findings: Finding[],
  { skip, on }: Options,
): Promise<Reused | null> => {
  const { readPass } = await import('./record/index.ts')
  const pass = plan.run.preflight.reuse.hours > 0 ? await readPass(root, file) : null
  if (pass === null) return null
  const { standingOf } = await import('./pass.ts')
  const found = await standingOf(pass, plan, skip ?? new Map(), new Date())
  if (!found.holds) {
    on?.({
      type: 'note',
      text: `polled again: ${found.why} since the pass of ${pass.made.slice(0, 16).replace('T', ' ')}`,
    })
    return null
  }
  findings.push(...found.kept)
  const reused = { made: pass.made, ageSeconds: found.age, again: [...found.again.keys()] }
  on?.({ type: 'reused', ...reused, kept: found.kept, why: found.again, plan })
  return reused
}

/**
 * Adds each finding to `findings` as it comes: an interruption keeps those that are there. With `reuse`, what a pass that still
 * holds has said is not asked again.
 */
export const preflight = async (
  prepared: Prepared,
  findings: Finding[],
  options: Options,
  reuse?: 'reuse',
): Promise<Polled & { readonly left: Left }> => {
  const { engine, description, subject, plan, file, root } = prepared
  const { livesAlone, poll } = await import('./preflight/index.ts')
  const started = performance.now()
  const began = Date.now()
  const ended = (waited: number) => ({
    verdict: verdictOf(findings),
    seconds: Math.max(0, (performance.now() - started) / 1000 - waited),
    loadSeconds: subject.facts.loadSeconds + waited,
  })
  // a proxy leaves room beside the large model, where the engine does
  const declared = plan.run.preflight.proxy !== undefined
  const alone = declared ? engine.concurrency === 'one' : livesAlone(engine, subject.facts)
  if (alone) await subject[Symbol.asyncDispose]()
  let left: Left = { subject: alone ? 'closed' : 'fresh' }
  const reused = reuse ? await standing(prepared, findings, options) : null
  if (reused?.again.length === 0) {
    engine.settle()
    return { ...ended(0), reused, left }
  }
  let waited = 0
  const checks: Checked[] = []
  const dependencies: (Dependencies | null)[] = []
  const only = reused?.again ?? options.only
  await using scratch = await scratchFolder()
  const polling: Polling = {
    engine,
    plan,
    description,
    facts: subject.facts,
    request: (o) => openRequest(plan, o),
    baseline: async () => (await import('./comparison.ts')).beginningOf(plan, root),
    checkConfig: (config) => (description.schema ? checkValue(description.schema, config) : []),
    scratch: scratch.path,
    ...(only ? { only } : {}),
    skip: options.skip ?? new Map(),
    budgetSeconds: plan.run.preflight.budget.seconds,
    signal: options.signal ?? new AbortController().signal,
    onFault: (code, status) => options.on?.({ type: 'fault', check: code, status }),
    onLoaded: (seconds) => {
      waited += seconds
    },
    ...(only
      ? {}
      : {
          onChecked: (check) => checks.push(check),
          onDependencies: (told) => dependencies.push(told),
        }),
  }
  const say = async (poll: AsyncIterable<Finding>) => {
    for await (const finding of poll) {
      findings.push(finding)
      options.on?.({ type: 'finding', finding })
    }
  }
  if (declared) {
    const proxy = await proxyOf(prepared, subject.facts)
    waited += proxy.loadSeconds
    options.on?.({ type: 'note', text: proxy.words })
    await say(poll({ ...polling, ...proxy, budgetSeconds: proxyShare * polling.budgetSeconds }, 'proxy'))
    if (verdictOf(findings) === 'GO') {
      left = { subject: alone ? 'closed' : 'used' }
      await using again = alone ? await engine.open(openRequest(plan, { notesReads: true })) : null
      if (again) waited += again.facts.loadSeconds
      // one sequence of a few steps, which is made whole or not at all
      await say(poll({ ...polling, budgetSeconds: Number.POSITIVE_INFINITY, loaded: again ?? subject }, 'full'))
    } else options.on?.({ type: 'note', text: 'the full model was not asked: the proxy is NO-GO' })
  } else await say(poll(polling))
  engine.settle()
  const known = joinedDependencies(dependencies)
  const polled = { ...ended(waited), left }
  // what says GO once and NO-GO once is no GO
  if (polled.verdict === 'NO-GO') await (await import('./record/index.ts')).dropPass(root, file)
  if (polled.verdict === 'GO' && known !== null && dependencies.length === (declared ? 2 : 1))
    await keep(root, file, { plan, findings, checks, dependencies: known, began, scratch: scratch.path })
  return { ...polled, ...(reused ? { reused } : {}) }
}

/** A pass that cannot be kept, for want of room or of leave, costs a poll and no run. */
const keep = async (root: string, file: string, made: Parameters<typeof passOf>[0]): Promise<void> => {
  const { keepPass } = await import('./record/index.ts')
  const { passOf: make } = await import('./pass.ts')
  await make(made, new Date())
    .then((pass) => (pass === null ? undefined : keepPass(root, file, pass)))
    .catch(() => undefined)
}
