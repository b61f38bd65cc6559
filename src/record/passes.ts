// The passes of a project, one a run file, in .gonogo/passes: replaced in one piece, and with a hash of itself.
// Not whether one still holds. What is torn, foreign or missing is no pass, and no error either.
import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import { type Disk, nodeDisk, readBytes, replaceFile } from '../checkpoint/index.ts'
import { fromJson, type Passed, passed, toJson } from '../contract/index.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** `file`: the run file, absolute. A project that moved keeps its passes. */
const pathOf = (root: string, file: string): string =>
  join(root, '.gonogo', 'passes', `${sha256(relative(root, file)).slice(0, 16)}.json`)

/** The first line is the hash of the rest. */
export const keepPass = async (root: string, file: string, pass: Passed, disk: Disk = nodeDisk): Promise<void> => {
  const text = toJson(pass)
  await disk.makeFolder(join(root, '.gonogo', 'passes'))
  await replaceFile(disk, pathOf(root, file), `${sha256(text)}\n${text}\n`)
}

export const dropPass = (root: string, file: string, disk: Disk = nodeDisk): Promise<void> =>
  disk.remove(pathOf(root, file)).catch(() => undefined)

export const readPass = async (root: string, file: string, disk: Disk = nodeDisk): Promise<Passed | null> => {
  try {
    const [hash, text = ''] = Buffer.from(await readBytes(disk, pathOf(root, file)))
      .toString('utf8')
      .split('\n')
    return sha256(text) === hash ? passed.parse(fromJson(text)) : null
  } catch {
    return null
  }
}
