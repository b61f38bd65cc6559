// The projects that `gonogo init` can write: folders under templates/, each with a template.json that says what it is.
// Not the writing: init.ts does that.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const packageRoot = join(import.meta.dirname, '..', '..')

/** The file that describes a template, and is no part of the project. */
export const description = 'template.json'

export type Template = {
  readonly name: string
  readonly folder: string
  /** One line, for the help. */
  readonly about: string
  /** What to type in the new project, in this order. */
  readonly next: readonly string[]
}

/** By name. The first is the default: mnist-ts, or torch where gonogo came with pip and carries no engine for the other. */
export const templates = (): readonly [Template, ...Template[]] => {
  const parent = join(packageRoot, 'templates')
  const names = readdirSync(parent, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  const [first, ...others] = names.sort().map((name): Template => {
    const folder = join(parent, name)
    return { ...JSON.parse(readFileSync(join(folder, description), 'utf8')), name, folder }
  })
  if (first === undefined) throw new Error(`no template under ${parent}`)
  return [first, ...others]
}

/** For `gonogo init --help`. */
export const templateHelp = (): string => {
  const all = templates()
  const widest = Math.max(...all.map(({ name }) => name.length))
  const lines = all.map(({ name, about }, i) => `  ${name.padEnd(widest)}  ${about}${i === 0 ? ' (default)' : ''}`)
  return ['', 'Templates:', ...lines].join('\n')
}
