// A throw-away folder with files in it, and the text of errors as UX.md prints them. For tests of this room alone.
// Real files on a real disk: links, sizes and permissions behave as they do for users.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type ErrorReport, GonogoError } from '../contract/errors.ts'

/** The current folder while the tests of a file run, so that places read as they do for a user standing in it. */
export const standIn = (): { write(name: string, text: string): Promise<string>; readonly path: string } => {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'config-')))
  const before = process.cwd()
  beforeAll(() => process.chdir(path))
  afterAll(() => {
    process.chdir(before)
    rmSync(path, { recursive: true, force: true })
  })
  return {
    path,
    async write(name, text) {
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), text)
      return name
    },
  }
}

/** A run file with nothing but what is required, and `more` after it. */
export const minimal = (more = '', name = 'mnist'): string =>
  `gonogo: 1\nname: ${name}\nexperiment: ./experiment.ts\ntrain:\n  length: { epochs: 3 }\n${more}`

/** The error that `act` throws; fails where it throws nothing or something else. */
export const errorOf = async (act: () => unknown): Promise<GonogoError> => {
  try {
    await act()
  } catch (error) {
    if (error instanceof GonogoError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** One error as UX.md, section 4, prints it. */
export const printed = (error: ErrorReport): string =>
  [
    `${error.code}  ${error.where}`,
    ...(error.excerpt ?? '').split('\n').map((line) => `  ${line}`),
    ...(['seen', 'expected', 'try'] as const).flatMap((label) => {
      const text = error[label]
      return text === undefined ? [] : [`  ${label.padEnd(8)}  ${text}`]
    }),
  ].join('\n')

/** Main error and the further ones, as `code where`. */
export const codesOf = (error: GonogoError): string[] =>
  [error, ...error.also].map(({ code, where }) => `${code} ${where}`)
