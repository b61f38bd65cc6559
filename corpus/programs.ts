// What the corpus holds: each folder of bugs/ and healthy/ with its programs, one a file, named after the way it is written.
// Not what is made of them (twins.ts) nor what is said of them (judge.ts).
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const given = {
  /** Merged over the run file that every program gets. */
  run: z.record(z.string(), z.unknown()).default({}),
}

const severity = z.enum(['no-go', 'warn'])
const expected = {
  /** Checks that should speak; the first is the one that is meant to. */
  checks: z.array(z.string()).min(1),
  /** Causes that name it rightly. Codes of errors do too, where the bug is refused as it is read. */
  causes: z.array(z.string()).min(1),
}

const edit = z.strictObject({ fixed: z.string(), buggy: z.string() })

const bug = z.strictObject({
  title: z.string().min(1),
  source: z.string().optional(),
  ...expected,
  /** A healthy program that this bug was put into, `H100-reference-script/script.py`, in place of a program of its own … */
  of: z.string().optional(),
  /** … by these edits: the text stands there once, and in the buggy twin something else stands in its place. */
  edits: z.array(edit).default([]),
  severity: severity.default('no-go'),
  ...given,
  programs: z
    .record(
      z.string(),
      z.strictObject({ checks: expected.checks, causes: expected.causes, severity, run: given.run }).partial(),
    )
    .default({}),
})

const healthy = z.strictObject({
  title: z.string().min(1),
  /** What a naive check would say of it. */
  naive: z.string().optional(),
  ...given,
  programs: z.record(z.string(), z.strictObject(given).partial()).default({}),
})

export type EngineName = 'embedded' | 'torch'

/** One program: a file that is a whole experiment. */
export type Program = {
  /** `OP01/manual` */
  readonly name: string
  /** `OP01` */
  readonly id: string
  readonly title: string
  readonly folder: string
  /** `manual.py`, relative to the folder. */
  readonly file: string
  readonly engine: EngineName
  readonly run: Readonly<Record<string, unknown>>
  /** What makes the buggy twin out of a healthy program; empty where the lines of the file are marked. */
  readonly edits: readonly z.output<typeof edit>[]
  /** Null: healthy, and one program instead of two twins. */
  readonly expected: {
    readonly checks: readonly string[]
    readonly causes: readonly string[]
    readonly severity: 'no-go' | 'warn'
  } | null
}

export const corpus = import.meta.dirname

/** Every program, in the order of its folder's name. Throws where a folder is not understood. */
export const programsOf = async (): Promise<Program[]> => {
  const all: Program[] = []
  for (const kind of ['bugs', 'healthy'] as const)
    for (const name of (await readdir(path.join(corpus, kind))).sort())
      all.push(...(await programsIn(path.join(corpus, kind, name), kind)))
  return all
}

const programsIn = async (folder: string, kind: 'bugs' | 'healthy'): Promise<Program[]> => {
  const id = path.basename(folder).split('-')[0] as string
  const text = await readFile(path.join(folder, kind === 'bugs' ? 'bug.yaml' : 'healthy.yaml'), 'utf8')
  const told = kind === 'bugs' ? { kind, ...read(bug, text, folder) } : { kind, ...read(healthy, text, folder) }
  if (told.kind === 'bugs' && told.of !== undefined) return [await edited(folder, id, told, told.of)]
  const files = (await readdir(folder)).filter((file) => /\.(py|ts)$/.test(file) && !file.startsWith('_')).sort()
  if (files.length === 0) throw new Error(`${folder}: no program`)
  for (const way of Object.keys(told.programs))
    if (!files.some((file) => path.parse(file).name === way)) throw new Error(`${folder}: no program ${way}`)
  return files.map((file): Program => {
    const way = path.parse(file).name
    const own = told.programs[way] ?? {}
    return {
      name: `${id}/${way}`,
      id,
      title: told.title,
      folder,
      file,
      engine: file.endsWith('.ts') ? 'embedded' : 'torch',
      run: { ...told.run, ...own.run },
      edits: [],
      expected:
        told.kind === 'bugs'
          ? {
              checks: told.programs[way]?.checks ?? told.checks,
              causes: told.programs[way]?.causes ?? told.causes,
              severity: told.programs[way]?.severity ?? told.severity,
            }
          : null,
    }
  })
}

/** A bug that is a few edits of a healthy program, with that program's settings. */
const edited = async (at: string, id: string, told: z.output<typeof bug>, of: string): Promise<Program> => {
  const file = path.basename(of)
  const folder = path.join(corpus, 'healthy', path.dirname(of))
  const base = (await programsIn(folder, 'healthy')).find((one) => one.file === file)
  if (!base || told.edits.length === 0) throw new Error(`${at}: ${base ? 'no edits' : `no healthy program ${of}`}`)
  const { title, checks, causes, severity } = told
  const expected = { checks, causes, severity }
  const name = `${id}/${path.parse(file).name}`
  return { ...base, name, id, title, run: { ...base.run, ...told.run }, edits: told.edits, expected }
}

const read = <T extends z.ZodType>(schema: T, text: string, folder: string): z.output<T> => {
  const result = schema.safeParse(parse(text))
  if (!result.success) throw new Error(`${folder}: ${z.prettifyError(result.error)}`)
  return result.data
}
