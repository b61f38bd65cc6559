// A program with marks → its twins, written as projects that stand alone. As it lies in the corpus it is the fixed one; the
// buggy one lacks the lines marked `fixed` and has those marked `buggy:`. Lines keep their numbers.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { corpus, type Program } from './programs.ts'

export type Twin = 'buggy' | 'fixed' | 'healthy'

/** Not in git. At the depth of a program's own folder, so that relative imports hold; two runs do not share it. */
const written = path.join(corpus, `.twins-${process.pid}`)

const markedFixed = /\s*(#|\/\/) fixed\s*$/
const markedBuggy = /^(\s*)(#|\/\/) buggy: ?(.*)$/

/** The text of one twin. */
export const twinOf = (text: string, twin: Twin): string =>
  text
    .split('\n')
    .map((line) => {
      const buggy = markedBuggy.exec(line)
      if (buggy) return twin === 'buggy' ? `${buggy[1]}${buggy[3]}` : ''
      if (!markedFixed.test(line)) return line
      return twin === 'buggy' ? '' : line.replace(markedFixed, '')
    })
    .join('\n')

/** The text of a healthy program with a bug put into it. Throws where an edit does not say where. */
export const withBug = (text: string, { name, edits }: Pick<Program, 'name' | 'edits'>): string => {
  let made = text
  for (const { fixed, buggy } of edits) {
    if (made.split(fixed).length !== 2) throw new Error(`${name}: not once in the program: ${fixed}`)
    made = made.replace(fixed, () => buggy)
  }
  return made
}

export const isMarked = (text: string): boolean =>
  text.split('\n').some((line) => markedFixed.test(line) || markedBuggy.test(line))

/** Writes a project that shows one twin, with a run file of this seed; returns that file's path. */
export const writeTwin = async (program: Program, twin: Twin, seed: number): Promise<string> => {
  const way = path.parse(program.file).name
  const edited = program.edits.length > 0
  const name = `${edited ? program.id : path.basename(program.folder)}-${way}-${twin}`
  const folder = path.join(written, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  if (program.engine === 'torch') await cp(path.join(corpus, 'shared/torch'), folder, { recursive: true })
  let marks = 0
  let runFile: string | null = null
  for (const file of await readdir(program.folder)) {
    if (file.endsWith('.yaml') && !file.endsWith('run.yaml')) continue
    const from = path.join(program.folder, file)
    // other ways of writing the same bug
    const isProgram = /\.(py|ts)$/.test(file) && !file.startsWith('_')
    if (isProgram && file !== program.file) continue
    if (file.endsWith('.run.yaml') && file !== `${way}.run.yaml`) continue
    if (!/\.(py|ts|ya?ml|json)$/.test(file)) {
      await cp(from, path.join(folder, file), { recursive: true })
      continue
    }
    const read = await readFile(from, 'utf8')
    const text = file === program.file && twin === 'buggy' ? withBug(read, program) : read
    if (isMarked(text)) marks++
    if (file.endsWith('run.yaml')) runFile = twinOf(text, twin)
    else await writeFile(path.join(folder, file), twinOf(text, twin))
  }
  if ((twin !== 'healthy' && !edited) !== marks > 0)
    throw new Error(`${program.name}: ${marks > 0 ? 'marks in a healthy program' : 'no line is marked fixed or buggy'}`)
  const at = path.join(folder, 'run.yaml')
  await writeFile(at, runFile === null ? stringify(defaults(program, name, seed)) : `${runFile}\nseed: ${seed}\n`)
  return at
}

const defaults = (program: Program, name: string, seed: number) => ({
  gonogo: 1,
  name: name.slice(0, 64),
  experiment: `./${program.file}`,
  ...(program.engine === 'torch' ? { engine: { torch: {} } } : {}),
  seed,
  threads: 1,
  train: { length: { epochs: 3 }, batch_size: 32 },
  evaluate: { batch_size: 50 },
  // a busy machine must not decide what is looked at
  preflight: { budget: { seconds: 600 } },
  ...program.run,
})

export const removeTwins = () => rm(written, { recursive: true, force: true })
