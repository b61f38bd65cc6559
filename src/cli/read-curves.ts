// Recorded curves from what a person names: run folders, projects, TensorBoard logs, CSV, JSON, each plain or gzipped.
// Not their formats: replay/ and record/ read those.
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { comparableOf, experimentKey } from '../comparison.ts'
import { canonicalJson, type Direction, fromJson, GonogoError } from '../contract/index.ts'
import { type PastRun, pastRuns, readPast } from '../past.ts'
import { openRun, readScalars } from '../record/index.ts'
import { type Recorded, readCsvCurves, readJsonCurves, recorded } from '../replay/index.ts'

export type Asked = {
  /** For CSV and TensorBoard, which do not say what is judged. */
  readonly objective: string | null
  readonly direction: Direction | null
}

export const readCurves = async (paths: readonly string[], asked: Asked): Promise<Recorded[]> => {
  const runs: Recorded[] = []
  for (const path of paths) runs.push(...(await readOne(path, asked)))
  if (runs.length > 0) return runs
  throw new GonogoError('CURVES_NONE', 'there is no curve in these files', { seen: paths.join(', ') })
}

const needed = (path: string, { objective, direction }: Asked) => {
  if (objective !== null && direction !== null) return { objective, direction }
  throw new GonogoError('CURVES_OBJECTIVE', 'these curves do not say what is judged, and which way is better', {
    where: path,
    try: '--objective val/accuracy --direction max',
  })
}

const readOne = async (path: string, asked: Asked): Promise<Recorded[]> => {
  const about = await stat(path).catch(() => null)
  if (about === null) throw new GonogoError('CURVES_NOT_FOUND', 'no such file or folder', { seen: path })
  if (about.isDirectory()) return readFolder(path, asked, path)
  const raw = await readFile(path)
  const bytes = path.endsWith('.gz') ? gunzipSync(raw) : raw
  const name = path.replace(/\.gz$/, '')
  if (/tfevents/.test(basename(name))) return tensorboardRun([path], path, asked, dirname(path))
  if (name.endsWith('.csv')) return readCsvCurves(bytes.toString('utf8'), path, needed(path, asked))
  try {
    return readJsonCurves(fromJson(bytes.toString('utf8')), path)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new GonogoError('CURVES_UNKNOWN', 'this is no file of curves that gonogo knows', {
      where: path,
      seen: error.message,
      expected: 'JSON, CSV (*.csv), a TensorBoard event file, a run folder or a project',
    })
  }
}

/** `root`: the folder that was named. In a log folder, the first folder below it is the configuration, the rest is the seed. */
const readFolder = async (path: string, asked: Asked, root: string): Promise<Recorded[]> => {
  const names = await readdir(path)
  if (names.includes('run.json')) return ofGonogo([await readPast(await openRun(path, join(path, '.')))])
  const events = names.filter((name) => name.includes('tfevents')).sort()
  if (events.length > 0)
    return tensorboardRun(
      events.map((name) => join(path, name)),
      path,
      asked,
      root,
    )
  if (names.includes('runs')) return ofGonogo(await pastRuns(path))
  // a logdir: a folder a run
  const inner = await Promise.all(
    names.map(async (name) =>
      (await stat(join(path, name))).isDirectory() ? readFolder(join(path, name), asked, root) : [],
    ),
  )
  return inner.flat()
}

const ofGonogo = (runs: readonly PastRun[]): Recorded[] =>
  runs.flatMap((run) => {
    const { plan, curve } = run
    const workload = canonicalJson(comparableOf(plan))
    const about = {
      family: plan.objective.name,
      workload,
      group: plan.run.name,
      config: experimentKey(plan),
      study: String(plan.run.seed),
      schedule: null,
      direction: plan.objective.direction,
    }
    // a run that was stopped tells nothing of what would have become of it
    if (run.ended?.reason !== 'length-reached') return []
    return (
      recorded(
        about,
        curve.map(({ fraction, value }) => [fraction, value] as const),
        1,
      ) ?? []
    )
  })

const tensorboardRun = async (
  files: readonly string[],
  path: string,
  asked: Asked,
  root: string,
): Promise<Recorded[]> => {
  const { objective, direction } = needed(path, asked)
  const scalars = readScalars(await Promise.all(files.map((file) => readFile(file))))
  const points = scalars.get(objective)
  if (points === undefined)
    throw new GonogoError('CURVES_COLUMN', 'no scalar has this tag', {
      where: path,
      seen: objective,
      expected: [...scalars.keys()].join(', '),
    })
  const [config = '', ...rest] = relative(root, path).split(sep)
  const workload = basename(root)
  const study = rest.length > 0 ? rest.join('/') : basename(path)
  const group = config === '' ? basename(path) : config
  const about = { family: workload, workload, group, config: group, study, schedule: null, direction }
  const end = Math.max(...points.map(([step]) => step))
  // logs do not say what was planned: each run is taken as whole
  const run = recorded(
    about,
    points.map(([step, value]) => [step, value] as const),
    end,
  )
  return run === null ? [] : [run]
}
