// Whether a pass that was kept still holds: everything that it hangs on, compared with what is there now. A doubt is a difference.
// Not the poll: what has to be asked again is only named here.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalJson, type Dependencies, type FindingCode, type Passed, type Plan } from './contract/index.ts'
import { differences } from './plan/index.ts'
import { type Checked, settingOf } from './preflight/index.ts'

/** Settings that are no part of the fingerprint and that only the checks which read them look at. */
const partial: ReadonlySet<string> = new Set(['schedule', 'budget', 'stop', 'checkpoint', 'preflight'])

/**
 * Variables that differ from one terminal, session or way of starting to the next, and say nothing to a program that trains. Any
 * other one might: what a program reads from its environment cannot be known.
 */
const noise =
  /^(_|PWD|OLDPWD|SHLVL|TERM.*|COLUMNS|LINES|COLORTERM|NO_COLOR|FORCE_COLOR|LS_COLORS|PS\d|PROMPT.*|HIST.*|SHELL|EDITOR|VISUAL|PAGER|LESS.*|MAIL|DISPLAY|WAYLAND.*|WINDOW.*|STY|TMUX.*|SSH_.*|DBUS_.*|XDG_(SESSION|RUNTIME|VTNR|SEAT|CURRENT).*|VSCODE_.*|GIT_.*|npm_.*|INIT_CWD|COLOR|GONOGO_COMMAND|VITEST.*|TINYPOOL.*|PYTEST_.*|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_.*|MEMORY_PRESSURE_.*)$/

const variablesOf = (salt: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env)
      .filter(([name, value]) => value !== undefined && !noise.test(name))
      .map(([name, value]) => [name, createHmac('sha256', salt).update(`${name}=${value}`).digest('hex').slice(0, 16)])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  )

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** sha256 of our own code as it lies on disk: a pass of another gonogo is none. */
const ownCode = async (): Promise<string> => {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const hash = createHash('sha256')
  for (const folder of [here, join(here, '../python/gonogo')]) {
    const names = (await readdir(folder, { recursive: true }))
      .filter((name) => /(?<!\.test)\.(ts|js|py)$/.test(name))
      .sort()
    for (const name of names) hash.update(name).update(await readFile(join(folder, name)))
  }
  return hash.digest('hex')
}

/** Size and time of a file; `gone` where there is none. */
const stampOf = async (path: string): Promise<string> => {
  const found = await stat(path, { bigint: true }).catch(() => null)
  return found?.isFile() ? `${found.size} ${found.mtimeNs}` : 'gone'
}

/** Files in one folder, above which it is taken for a folder of samples: one that was not read may be read in training. */
const manySamples = 16
const folderMost = 50_000

const folderStamp = async (folder: string): Promise<string> => {
  const names = (await readdir(folder).catch(() => [])).sort()
  if (names.length > folderMost) return `${names.length} files`
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name} ${await stampOf(join(folder, name))}\n`)
  return hash.digest('hex')
}

/** The folders of samples get a stamp each, the other files one of their own. */
const stampsOf = async (paths: readonly string[]): Promise<Record<string, string>> => {
  const folders = Map.groupBy(paths, dirname)
  const stamps: [string, string][] = []
  for (const [folder, members] of folders)
    if (members.length >= manySamples) stamps.push([`${folder}/`, await folderStamp(folder)])
    else for (const path of members) stamps.push([path, await stampOf(path)])
  return Object.fromEntries(stamps)
}

type Made = {
  readonly plan: Plan
  readonly findings: Passed['findings']
  readonly checks: readonly Checked[]
  readonly dependencies: Dependencies
  /** When the poll began, ms since 1970: what was written since may be other than what was polled. */
  readonly began: number
  readonly scratch: string
}

/** What is kept of a whole poll that ended in GO; null where it cannot be said what it hangs on. */
export const passOf = async (made: Made, now: Date): Promise<Passed | null> => {
  const { plan, dependencies, scratch, began } = made
  if (dependencies.files === null) return null
  const folder = dirname(plan.experiment)
  // code is known by its bytes, and needs no time
  const sources = new Set(dependencies.code.map(({ path }) => resolve(folder, path)))
  const paths = dependencies.files.filter(
    (path) =>
      !sources.has(path) &&
      !path.startsWith(scratch) &&
      !path.startsWith(join(plan.folder, 'runs/')) &&
      !path.includes('/node_modules/'),
  )
  const known = new Set(plan.code.map(({ path }) => path))
  const late = dependencies.code.filter(({ path }) => !known.has(path))
  for (const path of [...paths, ...sources]) {
    const found = await stat(path).catch(() => null)
    if (found && found.mtimeMs >= began) return null
  }
  const salt = randomBytes(16).toString('hex')
  return {
    gonogo: 1,
    made: now.toISOString(),
    plan,
    findings: made.findings,
    checks: [...made.checks],
    own: await ownCode(),
    code: Object.fromEntries(late.map(({ path, sha256 }) => [resolve(folder, path), sha256])),
    files: await stampsOf(paths),
    variables: variablesOf(salt),
    salt,
  }
}

export type Standing =
  /** Findings that still hold, and checks that have to be asked again, each with why. */
  | {
      readonly holds: true
      readonly kept: Passed['findings']
      readonly again: ReadonlyMap<FindingCode, string>
      readonly age: number
    }
  /** Nothing holds. */
  | { readonly holds: false; readonly why: string }

const changed = (was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>): string[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (key) => new Map(Object.entries(was)).get(key) !== new Map(Object.entries(is)).get(key),
  )

const some = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')

/** What of a pass still holds for this plan, here and now. */
export const standingOf = async (
  pass: Passed,
  plan: Plan,
  skip: ReadonlyMap<FindingCode, string>,
  now: Date,
): Promise<Standing> => {
  const no = (why: string): Standing => ({ holds: false, why })
  const age = (now.getTime() - Date.parse(pass.made)) / 1000
  const { hours } = plan.run.preflight.reuse
  // a clock that was put back makes a pass of the future: that is no age
  if (!(age >= 0 && age <= hours * 3600)) return no(age < 0 ? 'it is from the future' : `it is older than ${hours} h`)
  if (pass.own !== (await ownCode())) return no('gonogo changed')
  const found = differences(pass.plan, plan)
  if (pass.plan.fingerprint.whole !== plan.fingerprint.whole || found.length > 0)
    return no(
      found.length > 0 ? `${found[0]?.part} changed: ${some(found.map(({ path }) => path))}` : 'the plan changed',
    )
  const variables = changed(pass.variables, variablesOf(pass.salt))
  if (variables.length > 0) return no(`environment variables changed: ${some(variables)}`)
  const code = await Promise.all(
    Object.entries(pass.code).map(
      async ([path, hash]) => [path, sha256(await readFile(path).catch(() => '')) === hash] as const,
    ),
  )
  const other = code.filter(([, same]) => !same).map(([path]) => path)
  if (other.length > 0) return no(`code changed: ${some(other)}`)
  const folders = Object.keys(pass.files).filter((path) => path.endsWith('/'))
  const stamps = { ...(await stampsOf(Object.keys(pass.files).filter((path) => !path.endsWith('/')))) }
  for (const folder of folders) stamps[folder] = await folderStamp(folder.slice(0, -1))
  const files = changed(pass.files, stamps)
  if (files.length > 0) return no(`files that it read changed: ${some(files)}`)
  return touched(pass, plan, skip, age)
}

/** The fingerprint is the same; what is left are settings that single checks look at. */
const touched = (pass: Passed, plan: Plan, skip: ReadonlyMap<FindingCode, string>, age: number): Standing => {
  const [was, is] = [settingsOf(pass.plan), settingsOf(plan)]
  const settings = changed(was, is)
  const whole = settings.filter((name) => !partial.has(name))
  if (whole.length > 0) return { holds: false, why: `config changed: ${some(whole)}` }
  const proxies = [pass.plan, plan].map(({ run }) => canonicalJson(run.preflight.proxy ?? null))
  if (proxies[0] !== proxies[1]) return { holds: false, why: 'config changed: preflight.proxy' }
  const again = new Map<FindingCode, string>()
  for (const { check, level, reason, reads } of pass.checks) {
    const setting = settingOf(check, plan, skip)
    const looked = reads.filter((name) => settings.includes(name))
    if (looked.length > 0) again.set(check, `${looked.join(', ')} changed`)
    else if (setting.level !== level || setting.reason !== reason) again.set(check, 'its level changed')
    const { title } = pass.findings.find((finding) => finding.check === check) ?? {}
    if (title?.startsWith('budget:') && pass.plan.run.preflight.budget.seconds !== plan.run.preflight.budget.seconds)
      again.set(check, 'the budget changed')
  }
  return { holds: true, kept: pass.findings.filter(({ check }) => !again.has(check)), again, age }
}

/** Top-level settings of the run file as text; those that the fingerprint covers are equal already. */
const settingsOf = ({ run }: Plan): Record<string, string> => {
  const { name: _, experiment: __, ...rest } = run
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, canonicalJson(value)]))
}
