// Shows a preflight while it runs: the header, each finding as it comes, and a line that says it is still at work.
// Not the verdict of the command: check and train print their own ends.
import type { Finding, Plan } from '../contract/index.ts'
import {
  duration,
  findingLines,
  foldedLines,
  headerLine,
  headerOf,
  heldLines,
  isQuiet,
  plural,
  reusedLines,
} from '../report/index.ts'
import type { Progress } from '../run.ts'
import type { Terminal } from './terminal.ts'

export type PollView = {
  on(progress: Progress): void
  readonly plan: Plan | null
  /** Ends the line that moves. */
  stop(): void
}

/**
 * `checks`: how many are to come, where that is known. `fold`: what found nothing is told by family, once the poll is over; else
 * each finding as it comes.
 */
export const pollView = (terminal: Terminal, checks: number | null, fold = false): PollView => {
  const started = performance.now()
  let plan: Plan | null = null
  let findings = 0
  let quiet: Finding[] = []
  // told whole, below the families: a lowered guard, a check that was left out for want of time
  let held: Finding[] = []
  const unfold = () => {
    const look = terminal.look()
    const whole = heldLines(held, look)
    terminal.result([...foldedLines(quiet, look), ...(whole.length > 0 ? ['', ...whole] : [])])
    quiet = []
    held = []
  }
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
        const { finding } = progress
        if (fold && isQuiet(finding)) quiet.push(finding)
        else if (fold && finding.cause === null && finding.evidence.explainedBy === undefined) held.push(finding)
        else {
          // faults come last: what went well stands above them
          const gap = quiet.length > 0 ? [''] : []
          unfold()
          terminal.result([...gap, ...findingLines(finding, terminal.look())])
        }
        tick()
      }
      if (progress.type === 'note') terminal.progress([progress.text])
    },
    stop: () => {
      clearInterval(timer)
      unfold()
      terminal.moving(null)
    },
  }
}
