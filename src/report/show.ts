// One run on one screen: verdict, objective and curve, checkpoints and why they are kept, config with origins, preflight, provenance.
// Not a reader: it prints what record/ found, and says what is missing.
import { basename } from 'node:path'
import { type Finding, type Plan, type RunEvent, toJson } from '../contract/index.ts'
import { afterWord, endWord } from './ending.ts'
import { evidenceLines, findingLines, headerLine, headerOf, verdictLine } from './findings.ts'
import { bestOf, curveOf, type History, historyOf, type KeptCheckpoint } from './history.ts'
import { labelled, nextLines, shellWord, worded } from './lines.ts'
import type { Look } from './look.ts'
import { bytes, count, duration, measure, none } from './numbers.ts'
import { sparkline } from './sparkline.ts'
import type { RunState } from './tables.ts'
import { padEnd, printable, width } from './text.ts'

export type RunView = {
  readonly run: string
  readonly folder: string
  readonly state: RunState
  readonly plan: Plan
  readonly events: readonly RunEvent[]
  /** As they lie on disk now: the folder knows better than the journal. */
  readonly checkpoints: readonly KeptCheckpoint[]
  /** What provenance.json says, already a few words each: `commit` → `4ee2c67, clean`. */
  readonly provenance: ReadonlyMap<string, string>
}

const section = (title: string, lines: readonly string[], look: Look): string[] =>
  lines.length === 0 ? [] : ['', look.colour.bold(title), ...lines]

const stateLine = (view: RunView, h: History, look: Look): string[] => {
  const at = `step ${count(h.step)} of ${count(view.plan.steps)}`
  if (view.state === 'running') return worded('RUNNING', at, look, look.colour.accent)
  if (h.ended === null) return worded(view.state.toUpperCase(), `${at}; it left no last word`, look, look.colour.noGo)
  const word = endWord(h.ended.reason)
  const paint =
    word === 'DONE' ? look.colour.go : word === 'NO-GO' || word === 'CRASHED' ? look.colour.noGo : look.colour.warn
  return worded(word, `${afterWord(h.ended.sentence)} · ${at}, ${duration(h.ended.seconds)}`, look, paint)
}

const objectiveLines = (view: RunView, h: History, look: Look): string[] => {
  const { objective } = view.plan
  const values = curveOf(h, objective).map(({ value }) => value)
  const better = objective.direction === 'max' ? 'higher is better' : 'lower is better'
  if (values.length === 0) return worded(objective.name, `never evaluated; ${better}`, look, look.colour.bold)
  const best = bestOf(h, objective)
  const at = best === null ? 'never a finite number' : `best ${measure(best.value)} at step ${count(best.step)}`
  const last = values.at(-1) ?? Number.NaN
  return [
    ...worded(objective.name, `${at}; last ${measure(last)}; ${better}`, look, look.colour.bold),
    ...(values.length > 1 ? [`${look.colour.accent(sparkline(values, Math.min(60, look.columns - 2)))}`] : []),
    ...otherMetrics(h, objective.name, look),
  ]
}

const otherMetrics = (h: History, objective: string, look: Look): string[] => {
  const last = new Map(
    [...h.evaluations, ...(h.ended ? [h.ended] : [])].flatMap(({ metrics }) => Object.entries(metrics)),
  )
  last.delete(objective)
  const words = [...last].map(([name, value]) => `${name} ${measure(value)}`).join(', ')
  return words === '' ? [] : worded('last', words, look, look.colour.muted)
}

/** What was seen of the run's own samples, which is never the whole of them. */
const watchedLines = ({ watched }: History, look: Look): string[] => {
  if (watched === null) return []
  const { looked, common, validation, notFinite } = watched
  const against = validation === 0 ? '' : `; ${count(common)} are among ${count(validation)} inputs of validation`
  return worded(
    'in flight',
    `${count(looked)} training samples looked at${against}; ${count(notFinite)} hold NaN or infinity`,
    look,
    look.colour.muted,
  )
}

const checkpointLines = (checkpoints: readonly KeptCheckpoint[], look: Look): string[] => {
  const names = checkpoints.map(({ checkpoint }) => printable(checkpoint.name))
  const cells = Math.max(0, ...names.map(width))
  return checkpoints.map(({ checkpoint, keptAs }, i) => {
    const why = keptAs.length === 0 ? none : keptAs.join(', ')
    return `  ${padEnd(names[i] ?? '', cells)}  ${padEnd(why, 12)}  step ${count(checkpoint.step)}  ${look.colour.muted(bytes(checkpoint.bytes))}`
  })
}

type Leaf = readonly [path: string, value: string]

/** `train.length.epochs` and its value; lists in one line, as YAML flows them. */
const leaves = (value: unknown, path: string): Leaf[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, toJson(value)]]
  const entries = Object.entries(value)
  if (entries.length === 0) return []
  return entries.flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
}

const configLines = (plan: Plan, look: Look): string[] => {
  const origins = new Map(Object.entries(plan.origins))
  const rows = leaves(plan.run, '').filter(([path]) => path !== 'gonogo')
  const cells = Math.max(0, ...rows.map(([path]) => width(printable(path))))
  const valueCells = Math.min(24, Math.max(0, ...rows.map(([, value]) => width(printable(value)))))
  return rows.map(([path, value]) => {
    const origin = printable(origins.get(path) ?? 'default')
    const shown = origin === 'default' ? look.colour.muted(origin) : origin.slice(origin.lastIndexOf('/') + 1)
    return `  ${padEnd(printable(path), cells)}  ${padEnd(printable(value), valueCells)}  ${shown}`
  })
}

const preflightLines = (h: History, findings: readonly Finding[], look: Look): string[] => {
  if (h.preflight === null) return []
  const { verdict, seconds } = h.preflight
  return [
    ...findings.flatMap((f) => [...findingLines(f, look), ...(f.status === 'WARN' ? evidenceLines(f, look) : [])]),
    verdictLine({ verdict, findings, seconds }, look),
  ]
}

const showNext = (view: RunView): string[] => {
  const run = shellWord(view.run)
  if (view.state === 'crashed' || view.state === 'interrupted') return [`gonogo resume ${run}`]
  return view.state === 'stopped' ? [`gonogo resume ${run}`, 'gonogo runs'] : ['gonogo runs']
}

export const showLines = (view: RunView, look: Look): string[] => {
  const h = historyOf(view.events)
  const warnings = h.warnings.flatMap(({ message }) => worded('WARN', message, look, look.colour.warn))
  const advice = h.decisions.flatMap(({ decision, step }) =>
    decision.action === 'go-on' ? [] : worded(`step ${count(step)}`, decision.sentence, look, look.colour.muted),
  )
  return [
    `${headerLine({ ...headerOf(view.plan), name: basename(view.run) }, look)}`,
    '',
    ...stateLine(view, h, look),
    ...objectiveLines(view, h, look),
    ...warnings,
    ...watchedLines(h, look),
    ...section('DECISIONS', advice, look),
    ...section(`CHECKPOINTS  ${printable(view.folder)}/checkpoints`, checkpointLines(view.checkpoints, look), look),
    ...section('PREFLIGHT', preflightLines(h, h.preflight?.findings ?? [], look), look),
    ...section('CONFIG', configLines(view.plan, look), look),
    ...section(
      'PROVENANCE',
      [...view.provenance].flatMap(([name, words]) => labelled(name, words, look)),
      look,
    ),
    '',
    ...nextLines(showNext(view), look),
  ]
}
