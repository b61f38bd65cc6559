// Paths and run names as a person standing in this folder would type them.
// Not resolution: record/ finds runs.
import { isAbsolute, relative, sep } from 'node:path'

/** Relative where that is short, else as it is. */
export const shownPath = (path: string): string => {
  const short = relative(process.cwd(), path)
  if (short === '') return '.'
  return short.startsWith(`..${sep}..`) || isAbsolute(short) ? path : short
}

/** The run's name where it is found from here, else the path of its folder. */
export const shownRun = (run: { name: string; folder: string }, rootHere: string, rootOfRun: string): string =>
  rootHere === rootOfRun ? run.name : shownPath(run.folder)
