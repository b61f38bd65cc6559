// How a new project should ask npm for this very gonogo: the tarball or folder it came from, or its version.
// Not an installation: it only reads where this one lies.
import { access, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return null
  }
}

const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  )

/** `file:` of something near the project is relative, so that both can be moved together; of something far, absolute. */
const fileSpec = async (target: string, project: string): Promise<string> => {
  const path = relative(await realpath(project), await realpath(target))
  const near = !isAbsolute(path) && !path.startsWith(`..${sep}..`)
  return `file:${(near ? path : await realpath(target)).split(sep).join('/')}`
}

/** What to write under `dependencies`. `packageRoot`: where this gonogo lies. */
export const ownDependency = async (packageRoot: string, project: string): Promise<string> => {
  const modules = dirname(packageRoot)
  // Not in anybody's node_modules: a clone, taken as it stands.
  if (basename(modules) !== 'node_modules') return await fileSpec(packageRoot, project)
  const lock = await readJson(join(modules, '.package-lock.json'))
  const resolved = at(lock, 'packages', `node_modules/${basename(packageRoot)}`, 'resolved')
  if (typeof resolved === 'string' && resolved.startsWith('file:')) {
    const source = resolve(dirname(modules), decodeURIComponent(resolved.slice('file:'.length)))
    if (await exists(source)) return await fileSpec(source, project)
  }
  const version = at(await readJson(join(packageRoot, 'package.json')), 'version')
  return typeof version === 'string' ? `^${version}` : '*'
}
