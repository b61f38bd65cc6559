// What stop verdicts were worth: those that were not obeyed, with what became of their runs, and what was saved in all.
// Not the sums: savings.ts makes them, and the command line says the same words.
import { savingsSentences } from '../report/index.ts'
import { auditOf, savingsOf, sweepPolls } from '../savings.ts'
import type { Project } from './project.ts'
import { lastOf } from './rows.ts'
import type { AuditView } from './view.ts'

/** As many as the command line counts. */
const newest = 500

export const auditViewOf = async (project: Project): Promise<AuditView> => {
  const known = [...project.runs.values()]
    .sort((a, b) => (a.summary.created ?? '').localeCompare(b.summary.created ?? ''))
    .slice(-newest)
  const past = known.flatMap((each) => each.past ?? [])
  const savings = savingsOf(past, await sweepPolls(project.root))
  const { audit, noGo, stops, cost } = savings
  return {
    sentences: savingsSentences(savings),
    verdicts: audit.verdicts,
    wrong: audit.wrong,
    interval: audit.interval,
    net: noGo.saved.seconds + stops.saved.seconds - cost.seconds,
    audited: past.flatMap((run) => {
      const audited = auditOf(run)
      if (audited === null) return []
      return [{ run: run.run, ...audited, steps: run.plan.steps, objective: run.plan.objective.name }]
    }),
    stopped: known.flatMap(({ run, summary, events }) => {
      const ended = lastOf(events, 'ended')
      return summary.state !== 'stopped' || ended === undefined
        ? []
        : [{ run, reason: ended.reason, sentence: ended.sentence }]
    }),
  }
}
