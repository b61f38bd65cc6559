// `gonogo train` and `gonogo resume`: the poll, the run as it happens, its last block.
// Not the loop: run.ts joins the stages and hands over their events.
import { checkCode, type ExitCode, GonogoError, type Plan, type RunEvent } from '../contract/index.ts'
import { pastRuns } from '../past.ts'
import {
  auditLines,
  documentText,
  endingLines,
  endingOf,
  loggedLine,
  movingLine,
  pollNext,
  proposalLines,
  trainDocument,
  verdictLine,
  type Watched,
  watch,
  watchFrom,
} from '../report/index.ts'
import type { Progress, TrainResult } from '../run.ts'
import { auditOf, savingsOf } from '../savings.ts'
import { projectRoot } from '../surroundings.ts'
import { skippedChecks } from './checks.ts'
import { asksForSeveral, loadStages, type Stages } from './load-stages.ts'
import { shownPath, shownRun } from './paths.ts'
import { pollView } from './poll-view.ts'
import { proposalFor } from './proposal.ts'
import type { Terminal } from './terminal.ts'

/** Redraws of the moving line, and lines in a log, at most this often. */
const redrawMs = 100
const logMs = 30_000

/** Follows the events of a run: lines that stay, and the one that moves or is logged now and then. */
const runView = (terminal: Terminal) => {
  let state: Watched | null = null
  let last = performance.now()
  return {
    begin: (plan: Plan) => {
      state = watchFrom(plan)
    },
    on: (event: RunEvent) => {
      if (state === null) return
      const [next, lines] = watch(state, event, terminal.progressLook())
      state = next
      terminal.progress(lines)
      if (event.type === 'ended') return terminal.moving(null)
      if (state.stepSeconds === null) return
      const now = performance.now()
      // A line that stays has taken the moving one away: it comes back at once.
      const due = terminal.canMove ? (lines.length > 0 ? 0 : redrawMs) : logMs
      if (now - last < due) return
      last = now
      if (terminal.canMove) terminal.moving(movingLine(state, terminal.progressLook()))
      else terminal.progress([loggedLine(state)])
    },
  }
}

type Call = (o: { signal: AbortSignal; on: (progress: Progress) => void }) => Promise<TrainResult>

const follow = async (
  { withSignals }: Stages,
  call: Call,
  file: string | null,
  checks: number | null,
  fold: boolean,
  terminal: Terminal,
): Promise<ExitCode> => {
  using interruption = withSignals(terminal, 'interrupted: saving a checkpoint, then ending; once more ends at once')
  const poll = pollView(terminal, checks, fold)
  const run = runView(terminal)
  const on = (progress: Progress) => {
    if (progress.type !== 'event') {
      poll.on(progress)
      if (progress.type === 'opened') run.begin(progress.plan)
      return
    }
    const { event } = progress
    if (event.type === 'preflight') {
      poll.stop()
      // where nothing was asked again, one line has said it
      const verdict = event.reused?.again.length === 0 ? [] : ['', verdictLine(event, terminal.look())]
      terminal.result([...verdict, ...(event.verdict === 'GO' ? [''] : [])])
    }
    if (event.type === 'resumed') poll.stop()
    run.on(event)
  }
  try {
    const result = await call({ signal: interruption.signal, on })
    poll.stop()
    if (terminal.canMove) terminal.progress([''])
    const isWhole = result.stop.reason === 'length-reached'
    const proposal = isWhole ? await proposalFor(result.plan.folder, result.plan).catch(untold) : null
    const audit = isWhole && result.plan.run.stop.baseline !== null ? await auditFor(result).catch(untold) : null
    terminal.result([
      ...(await lastLines(result, file, terminal)),
      ...(audit === null ? [] : auditLines(audit.own, audit.all, terminal.look())),
      ...(proposal === null ? [] : proposalLines(proposal, terminal.look())),
    ])
    const further = { ...(proposal === null ? {} : { proposal }), ...(audit === null ? {} : { audit: audit.own }) }
    terminal.document(documentText({ ...trainDocument(result), ...further }))
    return result.exit
  } finally {
    poll.stop()
  }
}

/** Whether a rule that would have stopped this run was right, and how often it is; null where none would have. */
const auditFor = async ({ run, plan }: TrainResult) => {
  const runs = await pastRuns(plan.folder)
  const past = runs.find((own) => own.run === run)
  const own = past === undefined ? null : auditOf(past)
  return own === null ? null : { own, all: savingsOf(runs).audit }
}

/** The run is done and kept: what it might be a baseline of must not fail it. */
const untold = (error: unknown): null => {
  if (error instanceof GonogoError) return null
  throw error
}

const lastLines = async (result: TrainResult, file: string | null, terminal: Terminal): Promise<string[]> => {
  const look = terminal.look()
  // The verdict stands above already; what is left to say is what to type.
  if (result.stop.reason === 'no-go' && file !== null) return pollNext(file, result, look)
  const here = await projectRoot(process.cwd())
  const run = shownRun({ name: result.run, folder: result.folder }, here, result.plan.folder)
  const ending = endingOf(result.plan, { ...result, run, folder: shownPath(result.folder), file })
  return endingLines(ending, look)
}

export const train = async (
  file: string,
  o: { skip: string[]; verbose?: boolean },
  terminal: Terminal,
): Promise<ExitCode> => {
  // what was typed wrongly is told before any file is read
  const skip = skippedChecks(o.skip)
  if (await asksForSeveral(file)) return (await import('./sweep.ts')).trainSweep(file, o, terminal)
  const stages = await loadStages(file)
  const call: Call = (options) => stages.run.train(file, { ...options, skip })
  return await follow(stages, call, file, checkCode.options.length, !o.verbose, terminal)
}

export const resume = async (name: string, o: { world?: string }, terminal: Terminal): Promise<ExitCode> => {
  const world = o.world === undefined ? undefined : worldOf(o.world)
  const sweeps = await import('./sweep.ts')
  const sweep = await sweeps.sweepNamed(name)
  if (sweep !== null) return sweeps.resumeSweep(sweep, terminal)
  const stages = await loadStages(null)
  return await follow(
    stages,
    (options) => stages.run.resume(name, { ...options, ...(world === undefined ? {} : { world }) }),
    null,
    null,
    false,
    terminal,
  )
}

const worldOf = (typed: string): number => {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed)
  throw new GonogoError('USAGE_WORLD', '--world takes a number of processes', { seen: typed, expected: '1, 2, …' })
}
