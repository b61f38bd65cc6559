// gonogo.baselines.json: the named baselines of a project, in its root, where git shares it with a team.
// Not what a baseline proves: whether one beats the other is decide/'s to say before it is written.
import { join } from 'node:path'
import { type Disk, nodeDisk, readBytes, replaceFile } from '../checkpoint/index.ts'
import {
  type BaselineFile,
  type BaselineVersion,
  baselineFile,
  fromJson,
  GonogoError,
  toJson,
} from '../contract/index.ts'

export const baselinesPath = (root: string): string => join(root, 'gonogo.baselines.json')

/** Empty where there is no file yet. */
export const readBaselines = async (root: string, disk: Disk = nodeDisk): Promise<BaselineFile> => {
  const path = baselinesPath(root)
  if ((await disk.stat(path)) === null) return { gonogo: 1, baselines: [] }
  const text = Buffer.from(await readBytes(disk, path)).toString('utf8')
  const damaged = (seen: string | undefined) =>
    new GonogoError('BASELINES_DAMAGED', 'the baselines of this project cannot be read', {
      where: path,
      seen,
      expected: 'the file as gonogo wrote it; where git merged two of them, one list with both',
      try: 'git checkout gonogo.baselines.json',
    })
  let value: unknown
  try {
    value = fromJson(text)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : undefined)
  }
  const parsed = baselineFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw damaged(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '))
}

/** By `name` (its newest version) or `name@2`; null where there is none. */
export const baselineNamed = ({ baselines }: BaselineFile, name: string): BaselineVersion | null => {
  const [, plain = name, version] = /^(.*)@(\d+)$/.exec(name) ?? []
  const versions = baselines.filter((b) => b.name === plain).sort((a, b) => a.version - b.version)
  return (version === undefined ? versions.at(-1) : versions.find((b) => b.version === Number(version))) ?? null
}

/** One line a seed: a diff in git then shows which. */
const format = ({ baselines }: BaselineFile): string => {
  const versions = baselines.map((version) => {
    const { seeds, ...about } = version
    const head = toJson(about, 2).slice(0, -2)
    return `${head},\n  "seeds": [\n${seeds.map((seed) => `    ${toJson(seed)}`).join(',\n')}\n  ]\n}`
  })
  return `{"gonogo": 1, "baselines": [\n${versions.join(',\n')}\n]}\n`
}

/** Adds a version. Replaced in one piece: a kill leaves the old file or the new one. */
export const addBaseline = async (root: string, version: BaselineVersion, disk: Disk = nodeDisk): Promise<string> => {
  const path = baselinesPath(root)
  const file = await readBaselines(root, disk)
  await replaceFile(disk, path, format({ ...file, baselines: [...file.baselines, version] }))
  return path
}
