// What a person types to start gonogo where they are, so that every suggested command works as it is printed.
// Not the options.
import { join, relative } from 'node:path'

/** npm's words for "a script or a command of the project": outside of it, the PATH lacks `gonogo`. */
const npmCommands: ReadonlySet<string> = new Set(['exec', 'run', 'run-script', 'start', 'test'])

/** `gonogo`, `npx gonogo`, the npm script in a clone that runs from source, or what Python's launcher was called by. */
export const typedCommand = (): string => {
  const clone = join(import.meta.dirname, '..', '..')
  const inClone = !relative(clone, process.cwd()).startsWith('..')
  if (import.meta.filename.endsWith('.ts') && inClone) return 'npm run -s gonogo --'
  const { GONOGO_COMMAND, npm_command } = process.env
  if (GONOGO_COMMAND) return GONOGO_COMMAND
  return npmCommands.has(npm_command ?? '') ? 'npx gonogo' : 'gonogo'
}
