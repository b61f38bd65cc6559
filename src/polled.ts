// The poll as run.ts has it made: of an opened experiment, in a scratch folder, its findings handed on as they come.
// Which checks there are and what they say is preflight's.
import { checkValue, type LoadedRun } from './config/index.ts'
import {
  type Description,
  type Facts,
  type Finding,
  type FindingCode,
  type Plan,
  type RunEvent,
  type Status,
  type Verdict,
  verdictOf,
} from './contract/index.ts'
import type { Engine, Subject } from './engine/index.ts'
import { openRequest } from './plan/index.ts'
import { scratchFolder } from './surroundings.ts'

/** What happens while a command runs, for whoever shows it. */
export type Progress =
  | { readonly type: 'opened'; readonly plan: Plan; readonly facts: Facts; readonly run: string | null }
  /** A check has found something; its finding comes at the end, with those that it explains. */
  | { readonly type: 'fault'; readonly check: FindingCode; readonly status: Status }
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'event'; readonly event: RunEvent }
  | { readonly type: 'note'; readonly text: string }

export type Options = {
  readonly only?: readonly FindingCode[]
  /** Check → reason. */
  readonly skip?: ReadonlyMap<FindingCode, string>
  /** Aborted: end cleanly; a run checkpoints first. */
  readonly signal?: AbortSignal
  readonly on?: (progress: Progress) => void
}

export type Prepared = {
  readonly loaded: LoadedRun
  readonly root: string
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
}

/** Adds each finding to `findings` as it comes: an interruption keeps those that are there. */
export const preflight = async (
  { engine, description, subject, plan }: Prepared,
  findings: Finding[],
  options: Options,
): Promise<Polled> => {
  const { poll } = await import('./preflight/index.ts')
  const started = performance.now()
  let waited = 0
  if (engine.concurrency === 'one') await subject[Symbol.asyncDispose]()
  await using scratch = await scratchFolder()
  const polling = poll({
    engine,
    plan,
    description,
    facts: subject.facts,
    request: (o) => openRequest(plan, o),
    checkConfig: (config) => (description.schema ? checkValue(description.schema, config) : []),
    scratch: scratch.path,
    ...(options.only ? { only: options.only } : {}),
    skip: options.skip ?? new Map(),
    budgetSeconds: plan.run.preflight.budget.seconds,
    signal: options.signal ?? new AbortController().signal,
    onFault: (code, status) => options.on?.({ type: 'fault', check: code, status }),
    onLoaded: (seconds) => {
      waited = seconds
    },
  })
  for await (const finding of polling) {
    findings.push(finding)
    options.on?.({ type: 'finding', finding })
  }
  engine.settle()
  return {
    verdict: verdictOf(findings),
    seconds: Math.max(0, (performance.now() - started) / 1000 - waited),
    loadSeconds: subject.facts.loadSeconds + waited,
  }
}
