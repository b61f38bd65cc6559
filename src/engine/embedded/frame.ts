// A place in the user's code as findings show it: relative to the current folder where that is shorter.
// Not where a stack is read: that is the tensor room's.
import { relative } from 'node:path'

export const shown = (frame: string): string => {
  const short = relative(process.cwd(), frame)
  return short.startsWith('..') ? frame : short
}
