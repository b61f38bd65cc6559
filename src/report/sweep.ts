// A sweep as text: one line a trial while it goes on, then the table with the winner on top, a picture, what to type next.
// Not the ranking: decide/ makes it.
import type { Metric, SweepEventOf, SweepPlan } from '../contract/index.ts'
import { nextLines, shellWord, worded } from './lines.ts'
import type { Look } from './look.ts'
import { duration, measure, none, plural } from './numbers.ts'
import { sparkline } from './sparkline.ts'
import { table } from './tables.ts'
import { printable } from './text.ts'

type Row = {
  readonly trial: SweepPlan['trials'][number]
  readonly state: 'done' | 'paused' | 'failed' | 'waiting'
  readonly value: number | null
  /** Of each seed, in the order of its runs. */
  readonly values: readonly (number | null)[]
  readonly spread: number | null
  readonly share: number
  readonly seconds: number
  /** Share of the run, value. */
  readonly curve: readonly (readonly [number, number])[]
  readonly why: string
}

export type SweepView = {
  readonly sweep: string
  /** As a person standing here would type it. */
  readonly folder: string
  readonly plan: SweepPlan
  readonly reason: 'done' | 'no-go' | 'interrupted'
  readonly objective: Metric | null
  /** The winner first. */
  readonly ranking: readonly Row[]
  readonly parts: number
  readonly best: string | null
  readonly page: string | null
}

/** The last word of each key, where that tells them apart. */
export const columnsOf = ({ settings }: SweepPlan): { key: string; head: string }[] => {
  const keys = Object.keys(settings.space)
  const last = (key: string) => key.split('.').at(-1) ?? key
  const isOne = (key: string) => keys.filter((other) => last(other) === last(key)).length === 1
  return keys.map((key) => ({ key, head: isOne(key) ? last(key) : key }))
}

export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : JSON.stringify(value)

const pointWords = (plan: SweepPlan, trial: Row['trial']): string =>
  columnsOf(plan)
    .filter(({ key }) => Object.hasOwn(trial.point, key))
    .map(({ key, head }) => `${head} ${valueText(trial.point[key])}`)
    .join(', ')

const percent = (share: number): string => `${Math.round(100 * share)}%`

/** `trial 17/64  val_loss 0.0432 at 33%  learning_rate 0.00213  paused` */
export const trialLine = (
  plan: SweepPlan,
  objective: Metric,
  report: SweepEventOf<'reported'>,
  look: Look,
): string[] => {
  const { outcome, seed } = report
  const trial = plan.trials[report.trial - 1]
  if (trial === undefined) return []
  const several = trial.runs.length > 1 ? ` seed ${seed}` : ''
  const at = outcome.state === 'done' ? '' : ` at ${percent(outcome.steps === 0 ? 0 : outcome.step / outcome.steps)}`
  const value =
    outcome.state === 'failed' ? outcome.sentence : `${objective.name} ${measure(outcome.value ?? Number.NaN)}${at}`
  const word = `trial ${report.trial}/${plan.trials.length}${several}`
  const paint = { done: look.colour.go, paused: look.colour.muted, failed: look.colour.noGo }[outcome.state]
  return worded(word, [value, pointWords(plan, trial), outcome.state].filter((s) => s !== '').join('  '), look, paint)
}

/** Rows that a person reads without scrolling; `gonogo show` has them all. */
const shownRows = 15

export const stateWord = ({ state, share }: Row): string => (state === 'paused' ? percent(share) : state)

/** Where nothing but seeds differs, they are the rows. */
const seedTable = ({ trial, values }: Row, objective: Metric, look: Look): string[] => {
  const rows = trial.runs.map(({ seed, run }, at) => {
    const value = values[at] ?? null
    return [String(seed), value === null ? none : measure(value), run]
  })
  const [head = [], ...body] = table(['SEED', objective.name, 'RUN'], rows, look)
  return [look.colour.muted(head.join('  ').trimEnd()), ...body.map((cells) => cells.join('  ').trimEnd())]
}

const sweepTable = (view: SweepView, look: Look, most: number): string[] => {
  const { plan, objective, ranking } = view
  if (objective === null || ranking.length === 0) return []
  const [only] = ranking
  if (plan.trials.length === 1 && only !== undefined) return seedTable(only, objective, look)
  const columns = columnsOf(plan)
  const value = (row: Row) =>
    row.value === null ? none : `${measure(row.value)}${row.spread === null ? '' : ` ± ${measure(row.spread)}`}`
  const rows = ranking.slice(0, most)
  const [head = [], ...body] = table(
    ['TRIAL', objective.name, 'AT', ...columns.map(({ head: name }) => name), 'RUN'],
    rows.map((row) => [
      String(row.trial.trial),
      value(row),
      stateWord(row),
      ...columns.map(({ key }) => (Object.hasOwn(row.trial.point, key) ? valueText(row.trial.point[key]) : none)),
      row.state === 'waiting' ? none : (row.trial.runs[0]?.run ?? none),
    ]),
    look,
  )
  const more = ranking.length - rows.length
  return [
    look.colour.muted(head.join('  ').trimEnd()),
    ...body.map((cells) => cells.join('  ').trimEnd()),
    ...(more > 0 ? [look.colour.muted(`…  ${more} more: ${look.command} show ${view.sweep}`)] : []),
  ]
}

/** Best so far, trial by trial in the order of the plan: flat at the end where more trials would bring little. */
const picture = ({ ranking, objective }: SweepView, look: Look): string[] => {
  if (objective === null) return []
  const done = ranking.filter(({ value, state }) => value !== null && state === 'done')
  if (done.length < 3) return []
  const sign = objective.direction === 'max' ? 1 : -1
  let best = Number.NEGATIVE_INFINITY
  const values = done
    .toSorted((a, b) => a.trial.trial - b.trial.trial)
    .map(({ value }) => {
      best = Math.max(best, sign * (value ?? Number.NaN))
      return best
    })
  return [`${look.colour.muted('best so far')}  ${sparkline(values, 60)}`]
}

const failures = ({ ranking }: SweepView, look: Look): string[] => {
  const failed = ranking.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return []
  const causes = [...Map.groupBy(failed, ({ why }) => why)].sort((a, b) => b[1].length - a[1].length)
  return causes
    .slice(0, 3)
    .flatMap(([why, own]) => worded('FAILED', `${plural(own.length, 'trial')}: ${why}`, look, look.colour.noGo))
}

/** What a person may want to do with the result. */
const nextCommands = (view: SweepView): string[] => {
  const { sweep, plan, ranking, best, reason } = view
  if (reason === 'interrupted') return [`gonogo resume ${sweep}`, `gonogo show ${sweep}`]
  const [first, second] = ranking.filter(({ value }) => value !== null)
  if (first === undefined) return [`gonogo show ${sweep}`]
  const nameOf = ({ trial }: Row) => (trial.runs[0]?.run ?? '').replace(new RegExp(`-${plan.id}(-s\\d+)?$`), '')
  const seeds = first.trial.runs.length
  if (plan.trials.length === 1)
    return seeds > 1 ? [`gonogo baseline set ${nameOf(first)} ${nameOf(first)}`, 'gonogo runs'] : ['gonogo runs']
  const compare = seeds > 1 && second?.state === 'done' ? [`gonogo compare ${nameOf(second)} ${nameOf(first)}`] : []
  return [
    `gonogo show ${first.trial.runs[0]?.run ?? sweep}`,
    ...compare,
    ...(best === null ? [] : [`gonogo check ${shellWord(best)}`]),
  ]
}

const trainedShare = ({ ranking }: SweepView): number =>
  ranking.length === 0 ? 0 : ranking.reduce((sum, { share }) => sum + share, 0) / ranking.length

export const summaryOf = (view: SweepView): string => {
  const { plan, ranking, parts } = view
  const runs = plan.trials.length * (plan.trials[0]?.runs.length ?? 1)
  const each = plan.trials[0]?.runs.length ?? 1
  const trials = `${plural(plan.trials.length, 'trial')}${each > 1 ? `, ${each} seeds each` : ''}`
  const spent = duration(ranking.reduce((sum, { seconds }) => sum + seconds, 0))
  const share = plan.settings.prune === 'none' ? '' : `; ${percent(trainedShare(view))} of the steps of whole runs`
  const pieces = parts > runs ? ` in ${parts} parts` : ''
  return `${plan.trials.length === 1 ? plural(each, 'seed') : trials}${pieces}, ${spent} of training${share}`
}

const heads = { done: 'DONE', interrupted: 'UNFINISHED', 'no-go': 'NO-GO' } as const

/** The last block of a sweep. */
export const sweepEndLines = (view: SweepView, look: Look, most = shownRows): string[] => {
  const { reason, objective, ranking, plan, best } = view
  if (reason === 'no-go') return worded('NO-GO', 'the preflight; nothing was trained', look, look.colour.noGo)
  const waiting = ranking.filter(({ state }) => state === 'waiting').length
  const open = reason === 'done' || ranking.length === 0 ? '' : `; ${plural(waiting, 'trial')} not begun`
  const [first] = ranking
  const won = first === undefined || first.value === null || objective === null ? null : first
  const winner =
    won === null || objective === null
      ? []
      : worded(
          plan.trials.length === 1 ? 'mean' : 'best',
          `${plan.trials.length === 1 ? '' : `trial ${won.trial.trial}: `}${objective.name} ${measure(won.value ?? Number.NaN)}${won.spread === null ? '' : ` ± ${measure(won.spread)}`}${pointWords(plan, won.trial) === '' ? '' : `; ${pointWords(plan, won.trial)}`}`,
          look,
          look.colour.muted,
        )
  return [
    ...sweepTable(view, look, most),
    ...picture(view, look),
    '',
    ...worded(heads[reason], `${summaryOf(view)}${open}`, look, reason === 'done' ? look.colour.go : look.colour.warn),
    ...failures(view, look),
    ...winner,
    ...[best, view.page].flatMap((path) => (path === null ? [] : [`${look.colour.muted('wrote ')}${printable(path)}`])),
    ...nextLines(nextCommands(view), look),
  ]
}

/** For machines: every trial with its point, every digit. */
export const sweepDocument = (view: SweepView): Readonly<Record<string, unknown>> => ({
  sweep: view.sweep,
  folder: view.folder,
  reason: view.reason,
  objective: view.objective,
  best: view.best,
  page: view.page,
  parts: view.parts,
  trials: view.ranking.map((row) => ({
    trial: row.trial.trial,
    point: row.trial.point,
    state: row.state,
    value: row.value,
    spread: row.spread,
    share: row.share,
    seconds: row.seconds,
    why: row.why,
    runs: row.trial.runs.map(({ run, seed }, at) => ({ run, seed, value: row.values[at] ?? null })),
  })),
})
