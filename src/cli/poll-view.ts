// Shows a preflight while it runs: the header, each finding as it comes, and a line that says it is still at work.
// Not the verdict of the command: check and train print their own ends.
import type { Plan } from '../contract/index.ts'
import { duration, findingLines, headerLine, headerOf, plural, reusedLines } from '../report/index.ts'
import type { Progress } from '../run.ts'
import type { Terminal } from './terminal.ts'

export type PollView = {
  on(progress: Progress): void
  readonly plan: Plan | null
  /** Ends the line that moves. */
  stop(): void
}

/** `checks`: how many are to come, where that is known. */
export const pollView = (terminal: Terminal, checks: number | null): PollView => {
  const started = performance.now()
  let plan: Plan | null = null
  let findings = 0
  // told before its finding, which waits for those that it explains
  const faulty: string[] = []
  const words = () => {
    if (plan === null) return 'opening the experiment'
    const done = checks === null ? `${findings} done` : `${findings} of ${plural(checks, 'check')}`
    return faulty.length > 0 ? `checking: ${done}, NO-GO in ${faulty.join(', ')}` : `checking: ${done}`
  }
  const tick = () => terminal.moving(`${words()}  ${duration((performance.now() - started) / 1000)}`)
  tick()
  // The first second needs no clock; a timer must not keep a finished command alive.
  const timer = setInterval(tick, 1000)
  timer.unref()
  return {
    get plan() {
      return plan
    },
    on: (progress) => {
      if (progress.type === 'opened') {
        plan = progress.plan
        terminal.result([headerLine(headerOf(plan), terminal.look()), ''])
        tick()
      }
      if (progress.type === 'reused') {
        const { plan, kept, ageSeconds, why } = progress
        findings += kept.length
        const look = terminal.look()
        // what was not plainly GO is said each time: a reader of this run has not seen the other one
        const told = kept.filter(({ status }) => status === 'WARN' || status === 'WAIVED')
        terminal.result([
          ...reusedLines({ plan, kept: kept.length, ageSeconds, why }, look),
          ...told.flatMap((finding) => findingLines(finding, look)),
        ])
        tick()
      }
      if (progress.type === 'fault' && progress.status === 'NO-GO') {
        faulty.push(progress.check)
        tick()
      }
      if (progress.type === 'finding') {
        findings += 1
        terminal.result(findingLines(progress.finding, terminal.look()))
        tick()
      }
      if (progress.type === 'note') terminal.progress([progress.text])
    },
    stop: () => {
      clearInterval(timer)
      terminal.moving(null)
    },
  }
}
