// `gonogo baseline set | list | show`: the named baselines of a project, versioned in its git.
// Not the file's format: record/ keeps it.
import { differsIn } from '../comparison.ts'
import { type BaselineVersion, type ExitCode, exitCodes, GonogoError } from '../contract/index.ts'
import { compareSeeds } from '../decide/index.ts'
import { addBaseline, baselineNamed, readBaselines } from '../record/index.ts'
import { baselineLines, baselinesTable, differenceWords, documentText, nextLines } from '../report/index.ts'
import { projectRoot } from '../surroundings.ts'
import { shownPath } from './paths.ts'
import { namedSide, oneExperiment, type Side } from './sides.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly reason?: string }

export const baseline = async (
  action: string,
  name: string | undefined,
  runs: readonly string[],
  flags: Flags,
  terminal: Terminal,
): Promise<ExitCode> => {
  const root = await projectRoot(process.cwd())
  if (action === 'list') return await list(root, terminal)
  const given = name ?? missing('gonogo baseline show NAME')
  if (action === 'show') return await show(root, given, terminal)
  if (action === 'set') return await set(root, given, runs, flags, terminal)
  throw new GonogoError('USAGE_BASELINE', 'there is no such thing to do with baselines', {
    seen: action,
    expected: 'set, list or show',
    try: 'gonogo baseline list',
  })
}

const missing = (usage: string): never => {
  throw new GonogoError('USAGE_MISSING_ARGUMENT', 'NAME is missing', { expected: usage, try: 'gonogo baseline list' })
}

const list = async (root: string, terminal: Terminal): Promise<ExitCode> => {
  const { baselines } = await readBaselines(root)
  terminal.result(baselinesTable(baselines, terminal.look()))
  terminal.document(documentText({ baselines }))
  return exitCodes.done
}

const show = async (root: string, name: string, terminal: Terminal): Promise<ExitCode> => {
  const found = baselineNamed(await readBaselines(root), name)
  if (found === null)
    throw new GonogoError('BASELINE_NOT_FOUND', 'no baseline has this name', {
      seen: name,
      try: 'gonogo baseline list',
    })
  terminal.result(baselineLines(found, terminal.look()))
  terminal.document(documentText(found))
  return exitCodes.done
}

const sideFor = async (root: string, name: string, runs: readonly string[]): Promise<Side> => {
  if (runs.length === 0)
    throw new GonogoError('USAGE_MISSING_ARGUMENT', 'RUN is missing', {
      expected: `gonogo baseline set ${name} RUN…`,
      try: 'gonogo runs',
    })
  const sides = await Promise.all(runs.map((run) => namedSide(root, run)))
  const all = sides.flatMap((side) => side.runs)
  oneExperiment(all)
  return { name, comparable: sides[0]!.comparable, seeds: sides.flatMap((side) => side.seeds), runs: all }
}

/** How the new seeds stand against the version before; throws where they do not beat it and no reason is given. */
const against = (side: Side, before: BaselineVersion, reason: string | undefined): string => {
  const name = `${before.name}@${before.version}`
  const differs = differsIn(side.comparable, before.comparable)
  const asks = `gonogo baseline set ${before.name} … --reason "…"`
  if (differs.length > 0) {
    if (reason !== undefined) return `not comparable with ${name}: ${differs.join(', ')}`
    throw new GonogoError('BASELINE_INCOMPARABLE', `these runs cannot be compared with ${name}`, {
      seen: `they differ in ${differs.join(', ')}`,
      expected: 'the same question, or a reason, which is recorded',
      try: asks,
    })
  }
  const values = (seeds: readonly { readonly best: number }[]) => seeds.map(({ best }) => best)
  const found = compareSeeds(side.comparable.objective.direction, values(before.seeds), values(side.seeds))
  const words = `${name}: ${differenceWords(found)}${found.effect === null ? '' : `, g ${found.effect.toFixed(2)}`}`
  if (found.verdict === 'better' || reason !== undefined) return words
  throw new GonogoError('BASELINE_NOT_BETTER', `these seeds do not beat ${name}`, {
    seen: words,
    expected:
      found.seedsNeeded === null
        ? 'an interval that leaves out 0'
        : `an interval that leaves out 0; about ${found.seedsNeeded} seeds a side would show this difference`,
    try: asks,
  })
}

const set = async (
  root: string,
  name: string,
  runs: readonly string[],
  { reason }: Flags,
  terminal: Terminal,
): Promise<ExitCode> => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw new GonogoError('BASELINE_NAME', 'a baseline cannot be called this', {
      seen: name,
      expected: 'letters, digits, dot, dash or underscore, 64 at most',
    })
  const side = await sideFor(root, name, runs)
  const before = baselineNamed(await readBaselines(root), name)
  const version: BaselineVersion = {
    name,
    version: (before?.version ?? 0) + 1,
    made: new Date().toISOString(),
    comparable: side.comparable,
    seeds: [...side.seeds],
    against: before === null ? null : against(side, before, reason),
    reason: reason ?? null,
  }
  const path = shownPath(await addBaseline(root, version))
  const look = terminal.look()
  const few =
    side.seeds.length === 1
      ? [`${look.colour.warn('WARN')}  one seed tells no noise: the benchmark rule cannot stop by it`]
      : []
  terminal.result([
    `${look.colour.go('WROTE')}  ${path}`,
    ...baselineLines(version, look),
    ...few,
    ...nextLines([`git add ${path}`], look),
  ])
  terminal.document(documentText({ file: path, ...version }))
  return exitCodes.done
}
