// Finds a data file: relative to the experiment, or inside an installed package.
// The engine says where the experiment lies; without it, the current folder counts.
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { GonogoError } from '../contract/errors.ts'

let folder = process.cwd()

/** Paths given to readers start from here. Called by the engine before it imports the experiment. */
export const setExperimentFolder = (path: string): void => {
  folder = path
}

/** Absolute path of a file of the project or of an installed package. Throws DATA_MISSING. */
export const locate = async (path: string): Promise<string> => {
  const plain = resolve(folder, path)
  const found = await access(plain).then(
    () => true,
    () => false,
  )
  if (found) return plain
  if (!isAbsolute(path) && !path.startsWith('.')) {
    try {
      return createRequire(join(folder, 'experiment.ts')).resolve(path)
    } catch {
      // neither a file nor in a package: told below
    }
  }
  throw new GonogoError('DATA_MISSING', 'there is no such data file', {
    seen: path,
    expected: `a file under ${folder} or in an installed package`,
    try: path.startsWith('.') || isAbsolute(path) ? `ls ${plain}` : `npm install ${path.split('/')[0]}`,
  })
}
