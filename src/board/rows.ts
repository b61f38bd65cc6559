// A line of the runs table from what is known of a run.
// Not its curves, nor how it is drawn.
import type { BaselineFile, Finding, RunEvent, RunEventOf, Status } from '../contract/index.ts'
import { titleOf } from '../report/index.ts'
import { againstOf } from './against.ts'
import type { Known } from './project.ts'
import type { Row } from './view.ts'

export const lastOf = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T): RunEventOf<T> | undefined =>
  events.findLast((event): event is RunEventOf<T> => event.type === type)

const statuses: readonly Status[] = ['GO', 'NO-GO', 'WARN', 'WAIVED', 'SKIPPED']

const countsOf = (findings: readonly Finding[]) =>
  statuses.flatMap((status) => {
    const n = findings.filter((f) => f.status === status).length
    return n === 0 ? [] : [[status, n] as const]
  })

const sparkPoints = 32

/** Evenly over the whole, the last among them; values that are no numbers are left out. */
const sparkOf = (values: readonly number[]): number[] => {
  const finite = values.filter(Number.isFinite)
  if (finite.length <= sparkPoints) return finite
  return Array.from(
    { length: sparkPoints },
    (_, i) => finite[Math.round((i * (finite.length - 1)) / (sparkPoints - 1))]!,
  )
}

const wordOf = ({ events }: Known): string | null => {
  const blocking = lastOf(events, 'preflight')?.findings.find(({ status }) => status === 'NO-GO')
  if (blocking !== undefined) return `${blocking.check} ${titleOf(blocking)}`
  // where it stands against its baseline is told at each evaluation, and is no verdict
  const decided = events.findLast(
    (e) => e.type === 'decided' && e.decision.action !== 'go-on' && e.decision.reason !== 'baseline',
  )
  return decided?.type === 'decided' ? decided.decision.sentence : null
}

/** `pinned`: the run that the reader measures all others by. */
export const rowOf = (
  known: Known,
  pinned: string | null,
  runs: ReadonlyMap<string, Known>,
  baselines: BaselineFile,
): Row => {
  const { summary, events, past } = known
  const preflight = lastOf(events, 'preflight')
  const curve = past?.curve.map(({ value }) => value) ?? []
  return {
    run: known.run,
    state: summary.state,
    why: summary.why,
    created: summary.created,
    seed: lastOf(events, 'started')?.seed ?? known.plan?.run.seed ?? null,
    epoch: summary.epoch,
    epochs: summary.epochs,
    step: summary.step,
    steps: summary.steps,
    objective:
      summary.objective === null
        ? null
        : {
            name: summary.objective.name,
            direction: summary.objective.direction,
            best: summary.objective.value,
            last: curve.at(-1) ?? null,
          },
    against: againstOf(known, pinned, runs, baselines),
    poll: preflight === undefined ? null : { verdict: preflight.verdict, counts: countsOf(preflight.findings) },
    word: wordOf(known),
    spark: sparkOf(curve),
  }
}
