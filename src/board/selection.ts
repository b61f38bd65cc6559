// Everything about the chosen runs but their curves: findings, decisions, forecast against what came, and in what they differ.
// Not the page's wording of states, nor a judgement of which run is better.
import { type Plan, toJson, wordOf } from '../contract/index.ts'
import { causeSentence, headerOf, titleOf } from '../report/index.ts'
import type { Rewind } from './points.ts'
import type { Known, Project } from './project.ts'
import { lastOf } from './rows.ts'
import type { Detail, Difference, MetricView, Selection } from './view.ts'

const pairs = (numbers: Readonly<Record<string, number>>): [string, number][] => Object.entries(numbers)

/** What F1 foretold, until the end says what came. */
const forecastOf = ({ events }: Known): Detail['forecast'] => {
  const ended = lastOf(events, 'ended')
  if (ended?.forecast !== undefined) {
    const { seconds, low, high } = ended.forecast
    return { middle: seconds, low, high, actual: ended.seconds }
  }
  // a run that ended without one was not held against any
  if (ended !== undefined) return null
  const found = lastOf(events, 'preflight')?.findings.find(({ check }) => check === 'F1')
  const evidence = new Map(Object.entries(found?.evidence ?? {}))
  const [middle, low, high] = [evidence.get('seconds'), evidence.get('secondsLow'), evidence.get('secondsHigh')]
  if (typeof middle !== 'number' || typeof low !== 'number' || typeof high !== 'number') return null
  return { middle, low, high, actual: null }
}

const detailOf = (known: Known, rewinds: readonly Rewind[]): Detail => {
  const { events, plan, summary } = known
  const preflight = lastOf(events, 'preflight')
  const ended = lastOf(events, 'ended')
  const header = plan === null ? null : headerOf(plan)
  return {
    run: known.run,
    about:
      header === null ? '' : `${header.on.join(', ')} · seed ${header.seed} · plan ${header.fingerprint.slice(0, 8)}`,
    why: summary.why,
    poll:
      preflight === undefined
        ? null
        : {
            verdict: preflight.verdict,
            seconds: preflight.seconds,
            findings: preflight.findings.map((f) => ({
              check: f.check,
              word: wordOf(f.check),
              status: f.status,
              title: titleOf(f),
              seen: f.seen,
              expected: f.expected,
              where: f.where,
              cause: causeSentence(f.cause, f.alternatives),
              advice: f.advice,
              seconds: f.seconds,
            })),
          },
    decisions: events.flatMap((event) =>
      event.type !== 'decided'
        ? []
        : [
            {
              step: event.step,
              action: event.decision.action,
              reason: event.decision.reason,
              sentence: event.decision.sentence,
              numbers: pairs(event.decision.numbers),
            },
          ],
    ),
    warnings: events.flatMap((event) => (event.type === 'warned' ? [event.message] : [])),
    forecast: forecastOf(known),
    last: pairs(ended?.metrics ?? lastOf(events, 'evaluated')?.metrics ?? {}),
    resumes: rewinds,
    best:
      ended?.best === undefined || ended.best === null
        ? null
        : { step: ended.best.step, checkpoint: ended.best.checkpoint },
  }
}

/** `train.length.epochs` and its value; lists in one piece, as YAML flows them. */
const leaves = (value: unknown, path: string, into: Map<string, string>): Map<string, string> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return into.set(path, toJson(value))
  for (const [key, inner] of Object.entries(value)) leaves(inner, path === '' ? key : `${path}.${key}`, into)
  return into
}

/** The run file, and a short fingerprint of what stands outside of it. */
const settings = (plan: Plan): ReadonlyMap<string, string> => {
  const found = leaves(plan.run, '', new Map())
  for (const key of ['gonogo', 'name']) found.delete(key)
  const { code, packages, data, environment } = plan.fingerprint
  for (const [key, print] of Object.entries({ code, packages, data, environment }))
    found.set(`(${key})`, print.slice(0, 8))
  return found
}

/** What is not the same in all of them, in the order of the run file; what is the same is not told. */
export const differencesOf = (plans: readonly (Plan | null)[]): Difference[] => {
  const all = plans.map((plan) => (plan === null ? new Map<string, string>() : settings(plan)))
  if (plans.length < 2) return []
  const keys = [...new Set(all.flatMap((each) => [...each.keys()]))]
  return keys.flatMap((key) => {
    const values = all.map((each) => each.get(key) ?? null)
    return new Set(values).size === 1 ? [] : [{ key, values }]
  })
}

const rank = (kind: MetricView['kind']): number => ['objective', 'validation', 'training'].indexOf(kind)

export const selectionOf = async (project: Project, names: readonly string[]): Promise<Selection> => {
  const known = names.flatMap((name) => project.runs.get(name) ?? [])
  const metrics = new Map<string, MetricView>()
  const details: Detail[] = []
  for (const each of known) {
    const points = await project.points(each.run).catch(() => null)
    const objective = each.plan?.objective.name
    for (const [name, { kind }] of points?.curves ?? []) {
      if (name === objective) metrics.set(name, { name, kind: 'objective' })
      else if (!metrics.has(name)) metrics.set(name, { name, kind })
    }
    details.push(detailOf(each, points?.rewinds ?? []))
  }
  return {
    details,
    metrics: [...metrics.values()].sort((a, b) => rank(a.kind) - rank(b.kind)),
    differences: differencesOf(known.map(({ plan }) => plan)),
    unknown: names.filter((name) => !project.runs.has(name)),
  }
}
