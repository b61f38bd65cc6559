// `gonogo compare A B`: two experiments over their seeds.
// Not the statistics: decide/ makes them.
import { differsIn } from '../comparison.ts'
import { type ExitCode, exitCodes, GonogoError, toJson } from '../contract/index.ts'
import { compareSeeds } from '../decide/index.ts'
import { differences } from '../plan/index.ts'
import { comparedLines, documentText } from '../report/index.ts'
import { projectRoot } from '../surroundings.ts'
import { namedSide, type Side } from './sides.ts'
import type { Terminal } from './terminal.ts'

/** What differs between two sides but the seeds: `config.width: 16 | 32`. Null where a side is a baseline. */
const changedBetween = (a: Side, b: Side): string[] | null => {
  const [before, after] = [a.runs[0], b.runs[0]]
  if (before === undefined || after === undefined) return null
  return differences(before.plan, after.plan)
    .filter(({ path }) => path !== 'seed')
    .map((d) =>
      d.part === 'config' ? `${d.path}: ${toJson(d.a ?? null)} | ${toJson(d.b ?? null)}` : `${d.part} ${d.path}`,
    )
}

export const compare = async (first: string, second: string, terminal: Terminal): Promise<ExitCode> => {
  const root = await projectRoot(process.cwd())
  const [a, b] = [await namedSide(root, first), await namedSide(root, second)]
  const { objective } = a.comparable
  if (b.comparable.objective.name !== objective.name)
    throw new GonogoError('COMPARE_OBJECTIVE', 'these runs have different objectives', {
      seen: `${objective.name}, ${b.comparable.objective.name}`,
      expected: 'one objective',
    })
  const values = (side: Side) => side.seeds.map(({ best }) => best)
  const found = compareSeeds(objective.direction, values(a), values(b))
  const view = {
    ...found,
    objective,
    names: [a.name, b.name] as const,
    changed: changedBetween(a, b),
    differs: differsIn(a.comparable, b.comparable),
  }
  terminal.result(comparedLines(view, terminal.look()))
  terminal.document(documentText(view))
  return exitCodes.done
}
