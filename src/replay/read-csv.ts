// Curves from CSV in the long form: one line an evaluation, with columns for the run, the step and the value.
// Not a CSV parser for anything: quotes and commas in quotes, no line breaks in a field.
import { type Direction, GonogoError, nearest } from '../contract/index.ts'
import { type Recorded, recorded } from './recorded.ts'

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    (quoted?.replaceAll('""', '"') ?? bare ?? '').trim(),
  )

const steps = ['step', 'steps', 'global_step', 'seconds', 'epoch', 'x']
const runs = ['run', 'run_id', 'name', 'trial', 'id']

export type CsvColumns = {
  /** The column that is judged. */
  readonly objective: string
  readonly direction: Direction
}

/**
 * Columns: a step (step, seconds, epoch …), a run (run, name, trial …), the objective; optional: workload, family, group, config,
 * seed, budget. Lines without a value of the objective are passed over.
 */
export const readCsvCurves = (text: string, where: string, { objective, direction }: CsvColumns): Recorded[] => {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const names = cellsOf(head)
  const column = (candidates: readonly string[], needed: boolean): number => {
    const at = names.findIndex((name) => candidates.includes(name.toLowerCase()))
    if (at >= 0 || !needed) return at
    throw new GonogoError('CURVES_COLUMN', 'a column is missing', {
      where: `${where}:1`,
      seen: names.join(', '),
      expected: candidates.join(' or '),
      try: nearest(candidates[0] ?? '', names),
    })
  }
  const x = column(steps, true)
  const run = column(runs, true)
  const value = column([objective.toLowerCase()], true)
  const [workload, family, group, config, seed, budget, schedule] = [
    'workload',
    'family',
    'group',
    'config',
    'seed',
    'budget',
    'schedule',
  ].map((name) => column([name], false)) as [number, number, number, number, number, number, number]
  const rows = lines.flatMap((line) => {
    const cells = cellsOf(line)
    const at = (index: number, otherwise: string) => (index < 0 ? otherwise : (cells[index] ?? otherwise))
    if (at(value, '') === '') return []
    const id = at(run, '')
    const own = { workload: at(workload, 'all'), config: at(config, id), study: at(seed, id), id }
    return [
      {
        ...own,
        family: at(family, own.workload),
        group: at(group, own.config),
        schedule: at(schedule, '') || null,
        x: Number(at(x, '')),
        value: Number(at(value, '')),
        budget: Number(at(budget, 'NaN')),
      },
    ]
  })
  const longest = new Map<string, number>()
  for (const row of rows) longest.set(row.workload, Math.max(longest.get(row.workload) ?? 0, row.x))
  const byRun = Map.groupBy(rows, (r) => JSON.stringify([r.workload, r.group, r.config, r.study, r.id]))
  return [...byRun.values()].flatMap((own) => {
    const first = own[0]!
    const { family: f, workload: w, group: g, config: c, study, schedule: kind } = first
    const planned = Number.isFinite(first.budget) ? first.budget : (longest.get(w) ?? 1)
    const points = own.map((r) => [r.x, r.value] as const)
    const about = { family: f, workload: w, group: g, config: c, study, schedule: kind, direction }
    return recorded(about, points, planned) ?? []
  })
}
