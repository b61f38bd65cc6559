#!/usr/bin/env node
// The way in: parse, call, print, and one exit code. Loads a verb's code only when that verb is called.
// Not a stage: what a verb does lies in run.ts, what it prints in report/.
import { readFileSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { type ExitCode, exitCodes, GonogoError } from '../contract/errors.ts'
import { program } from './program.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { usageError } from './usage.ts'

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

/** Ours as it is; anything else is an internal error, with the stack that a report of it needs. */
const asGonogoError = (error: unknown): GonogoError => {
  if (error instanceof GonogoError) return error
  // what went wrong first; that closing failed after it is no news
  if (error instanceof SuppressedError) return asGonogoError(error.suppressed)
  const thrown = error instanceof Error ? error : new Error(String(error))
  if (thrown.name === 'AbortError')
    return new GonogoError('INTERRUPTED', 'interrupted', { exit: exitCodes.interrupted, cause: error })
  return new GonogoError('INTERNAL', thrown.message || thrown.name, {
    seen: 'code' in thrown ? String(thrown.code) : undefined,
    try: 'this should not happen; please report it with the lines below',
    trace: thrown.stack,
    exit: exitCodes.internal,
    cause: error,
  })
}

const fail = async (error: GonogoError, terminal: Terminal): Promise<ExitCode> => {
  const [{ documentText, errorDocument }, { errorLines }] = await Promise.all([
    import('../report/documents.ts'),
    import('../report/errors.ts'),
  ])
  terminal.progress(errorLines(error.report(), terminal.progressLook()))
  terminal.document(documentText(errorDocument(error.report())))
  return error.exit
}

/**
 * Runs one command line, `argv` without node and script. Resolves to the exit code; prints everything, throws nothing.
 *
 * @example process.exitCode = await main(['check', 'mnist.run.yaml', '--json'])
 */
export const main = async (argv: readonly string[]): Promise<ExitCode> => {
  const json = argv.includes('--json')
  const terminal = openTerminal(json)
  let code: ExitCode = exitCodes.done
  let help = ''
  const root = program(terminal, version(), (result) => {
    code = result
  })
  // Commander's own words are held back: ours say what was seen and the nearest command.
  for (const command of [root, ...root.commands])
    command.configureOutput({
      writeOut: (text) => {
        help += text
      },
      writeErr: () => {},
    })
  try {
    if (argv.every((word) => word === '--json')) {
      terminal.progress([root.helpInformation().trimEnd()])
      throw new GonogoError('USAGE_MISSING_VERB', 'which verb?', {
        expected: root.commands.map((command) => command.name()).join(', '),
        try: 'gonogo --help',
      })
    }
    await root.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) return await fail(asGonogoError(error), terminal)
    if (error.exitCode !== 0) return await fail(usageError(error, root, argv), terminal)
    terminal.result([help.trimEnd()])
    terminal.document(`${JSON.stringify({ help: help.trimEnd() })}\n`)
    return exitCodes.done
  } finally {
    terminal.close()
  }
}

/** Text that is still on its way into a pipe. */
const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()))

const isScript = (): boolean => {
  const [, script] = process.argv
  try {
    return script !== undefined && realpathSync(script) === import.meta.filename
  } catch {
    return false
  }
}

if (isScript()) {
  // what a verb loads from here on is compiled once, not at every start
  module.enableCompileCache()
  // A reader that went away (`| head`) must not end a training run.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  const code = await main(process.argv.slice(2))
  await Promise.race([
    Promise.all([flushed(process.stdout), flushed(process.stderr)]),
    new Promise((r) => setTimeout(r, 2000)),
  ])
  // A handle that someone left open must not keep a finished command alive.
  process.exit(code)
}
