// `gonogo check`: the poll and nothing else.
// Not the checks: run.ts joins them, this shows them.
import { checkCode, type ExitCode, exitCodes } from '../contract/index.ts'
import { checkDocument, documentText, pollNext, verdictLine } from '../report/index.ts'
import { onlyChecks, skippedChecks } from './checks.ts'
import { asksForSeveral, loadStages } from './load-stages.ts'
import { pollView } from './poll-view.ts'
import { type Reports, refuseUnwritable, writeReports } from './reports.ts'
import type { Terminal } from './terminal.ts'

export const check = async (
  file: string,
  o: { only: string[]; skip: string[]; verbose?: boolean } & Reports,
  terminal: Terminal,
): Promise<ExitCode> => {
  const only = onlyChecks(o.only)
  const skip = skippedChecks(o.skip)
  await refuseUnwritable(o)
  const { run, withSignals } = await loadStages(file)
  using interruption = withSignals(terminal, 'interrupted: ending after this check; once more ends at once')
  // who names checks wants to hear each of them
  const fold = only.length === 0 && !o.verbose
  const view = pollView(terminal, only.length > 0 ? only.length : checkCode.options.length, fold)
  try {
    const { signal } = interruption
    const checks = (await asksForSeveral(file)) ? (await import('../sweep.ts')).checkSweep : run.check
    const poll = await checks(file, { ...(only.length > 0 ? { only } : {}), skip, signal, on: view.on })
    view.stop()
    await writeReports(o, poll, new Date())
    const look = terminal.look()
    terminal.result(['', verdictLine(poll, look), ...pollNext(file, poll, look)])
    terminal.document(documentText(checkDocument(poll)))
    if (signal.aborted) return exitCodes.interrupted
    return poll.verdict === 'GO' ? exitCodes.done : exitCodes.noGo
  } finally {
    view.stop()
  }
}
