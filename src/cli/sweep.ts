// `gonogo train` on a run file with `seeds:` or `sweep:`, `gonogo resume` and `gonogo show` of a sweep.
// Not the sweep: sweep.ts conducts it.
import { resolve } from 'node:path'
import { checkCode, type ExitCode, exitCodes, GonogoError, type Metric, type SweepPlan } from '../contract/index.ts'
import { readPast } from '../past.ts'
import { findRun, findSweep, type SweepFolder } from '../record/index.ts'
import {
  documentText,
  proposalLines,
  type SweepView,
  sweepDocument,
  sweepEndLines,
  trialLine,
  verdictLine,
} from '../report/index.ts'
import { projectRoot } from '../surroundings.ts'
import type { SweepOptions, SweepProgress, SweepResult } from '../sweep.ts'
import { skippedChecks } from './checks.ts'
import { shownPath } from './paths.ts'
import { pollView } from './poll-view.ts'
import { type Proposal, proposalFor } from './proposal.ts'
import type { Terminal } from './terminal.ts'

const viewOf = (result: SweepResult): SweepView => ({
  ...result,
  folder: shownPath(result.folder),
  best: result.best === null ? null : shownPath(result.best),
  page: result.page === null ? null : shownPath(result.page),
})

/** Trials in training: how far each is, for the line that moves. */
const trialsView = (terminal: Terminal) => {
  let plan: SweepPlan | null = null
  let objective: Metric | null = null
  let reports = 0
  const running = new Map<string, { trial: number; share: number; steps: number }>()
  const draw = () => {
    if (plan === null || !terminal.canMove) return
    const now = [...running.values()].map(({ trial, share }) => `t${trial} ${Math.round(100 * share)}%`).join(', ')
    terminal.moving(`${plan.trials.length} trials: ${reports} parts done${now === '' ? '' : `; training ${now}`}`)
  }
  return {
    on: (progress: SweepProgress): void => {
      if (progress.type === 'planned') {
        plan = progress.plan
        reports = progress.known
      }
      if (progress.type === 'polled') objective = progress.polled.objective
      if (progress.type === 'begun')
        running.set(progress.run, { trial: progress.task.trial, share: 0, steps: Number.POSITIVE_INFINITY })
      if (progress.type === 'trial') {
        const { task, progress: inner } = progress
        const run = plan?.trials[task.trial - 1]?.runs.find(({ seed }) => seed === task.seed)?.run ?? ''
        const own = running.get(run)
        if (own !== undefined && inner.type === 'opened') own.steps = inner.plan.steps
        if (own !== undefined && inner.type === 'event' && inner.event.type === 'steps')
          own.share = (inner.event.records.at(-1)?.step ?? 0) / own.steps
        if (inner.type === 'note') terminal.progress([inner.text])
      }
      if (progress.type === 'reported' && plan !== null) {
        reports += 1
        running.delete(progress.report.run)
        if (objective !== null) terminal.progress(trialLine(plan, objective, progress.report, terminal.progressLook()))
      }
      draw()
    },
    objective: (known: Metric | null) => {
      objective = known
    },
  }
}

type Call = (options: SweepOptions) => Promise<SweepResult>

const follow = async (call: Call, known: Metric | null, polls: boolean, terminal: Terminal): Promise<ExitCode> => {
  const { withSignals } = await import('./interrupt.ts')
  using interruption = withSignals(
    terminal,
    'interrupted: each trial saves a checkpoint, then ends; once more ends at once',
  )
  const poll = polls ? pollView(terminal, checkCode.options.length, true) : null
  const trials = trialsView(terminal)
  trials.objective(known)
  const on = (progress: SweepProgress) => {
    if (progress.type === 'poll') poll?.on(progress.progress)
    if (progress.type === 'polled') {
      poll?.stop()
      const { polled, findings } = progress
      terminal.result(['', verdictLine({ ...polled, findings }, terminal.look()), ''])
    }
    trials.on(progress)
  }
  try {
    const result = await call({ signal: interruption.signal, on })
    poll?.stop()
    terminal.moving(null)
    const view = viewOf(result)
    const proposal = await winnersProposal(result)
    terminal.result([
      ...sweepEndLines(view, terminal.look()),
      ...(proposal === null ? [] : proposalLines(proposal, terminal.look())),
    ])
    terminal.document(documentText({ ...sweepDocument(view), ...(proposal === null ? {} : { proposal }) }))
    return result.exit
  } finally {
    poll?.stop()
    terminal.moving(null)
  }
}

/** Whether the winner, with its seeds, makes a better baseline. */
const winnersProposal = async ({ ranking, reason, folder }: SweepResult): Promise<Proposal | null> => {
  const [first] = ranking
  const run = first?.trial.runs[0]?.run
  if (reason !== 'done' || first?.state !== 'done' || run === undefined) return null
  const root = resolve(folder, '../../..')
  try {
    const { plan } = await readPast(await findRun(root, run))
    return await proposalFor(root, plan)
  } catch (error) {
    // the sweep is done and on record, whatever its project's baselines file holds
    if (error instanceof GonogoError) return null
    throw error
  }
}

export const trainSweep = async (file: string, o: { skip: string[] }, terminal: Terminal): Promise<ExitCode> => {
  const skip = skippedChecks(o.skip)
  const { sweep } = await import('../sweep.ts')
  return await follow((options) => sweep(file, { ...options, skip }), null, true, terminal)
}

/** The sweep of this name; null where there is none, and it may be a run. */
export const sweepNamed = async (name: string): Promise<SweepFolder | null> =>
  await findSweep(await projectRoot(process.cwd()), name)

export const resumeSweep = async (folder: SweepFolder, terminal: Terminal): Promise<ExitCode> => {
  const stages = await import('../sweep.ts')
  const { objective } = await stages.lookAt(folder)
  return await follow((options) => stages.resumeSweep(folder, options), objective, objective === null, terminal)
}

export const showSweep = async (folder: SweepFolder, terminal: Terminal): Promise<ExitCode> => {
  const { lookAt } = await import('../sweep.ts')
  const view = viewOf(await lookAt(folder))
  terminal.result(sweepEndLines(view, terminal.look(), Number.POSITIVE_INFINITY))
  terminal.document(documentText(sweepDocument(view)))
  return exitCodes.done
}
