// The one preflight of a sweep: of its first trial that opens, for what all of them share.
// Not the checks, nor what follows from them.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Finding, type FindingCode, type SweepEventOf, type SweepPlan, toJson } from './contract/index.ts'
import { rungsOf } from './decide/index.ts'
import type { SweepFolder } from './record/index.ts'
import { type CheckResult, check, type Part } from './run.ts'
import type { SweepOptions } from './sweep.ts'
import { isCommon } from './trials.ts'

/** What the poll of a sweep shares with its trials: where things lie. */
export const pollPart = (root: string, folder: string): Part => ({
  root,
  folder,
  id: '',
  accept: () => {},
  endAfter: undefined,
})

type Polled = { readonly polled: SweepEventOf<'polled'>; readonly findings: readonly Finding[] }

/** Trials that are tried, where a point is one that the experiment itself refuses. */
const tried = 3

/** Null where it was interrupted. Throws what the first trial throws, where none of the first few can be opened. */
export const polledNow = async (
  root: string,
  folder: SweepFolder,
  plan: SweepPlan,
  { skip, signal, on }: SweepOptions,
): Promise<Polled | null> => {
  let first: unknown
  for (const { trial, runs } of plan.trials.slice(0, tried)) {
    try {
      const result = await check(join(folder.path, runs[0]!.file), {
        skip: new Map([...plan.skip, ...(skip ?? [])] as [FindingCode, string][]),
        ...(signal ? { signal } : {}),
        part: pollPart(root, plan.folder),
        on: (progress) => on?.({ type: 'poll', progress }),
      })
      return signal?.aborted ? null : await recorded(folder, plan, trial, result)
    } catch (error) {
      if (signal?.aborted) return null
      if (isCommon(error)) throw error
      first ??= error
    }
  }
  throw first
}

const recorded = async (folder: SweepFolder, plan: SweepPlan, trial: number, poll: CheckResult): Promise<Polled> => {
  const { verdict, findings, seconds, loadSeconds } = poll
  const { preflightHtml } = await import('./report/index.ts')
  await writeFile(folder.preflight, `${toJson({ verdict, trial, findings }, 2)}\n`)
  await writeFile(join(folder.path, 'preflight.html'), preflightHtml(findings, poll.plan))
  const code = poll.plan.code.map(({ path, sha256 }): [string, string] => [path, sha256])
  const { objective } = poll.plan
  const rungs = rungsOf(plan.settings, poll.plan)
  return { polled: { type: 'polled', trial, verdict, seconds, loadSeconds, objective, rungs, code }, findings }
}
