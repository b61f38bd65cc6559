// What a person typed that is no command of ours, as an error with the nearest one that is.
// Not run files: their faults come from config/.
import type { Command, CommanderError } from 'commander'
import { GonogoError } from '../contract/errors.ts'
import { nearest } from '../contract/nearest.ts'

const quoted = (message: string): string => /'([^']*)'/.exec(message)?.[1] ?? ''

const flagsOf = (command: Command): string[] =>
  [...command.options.flatMap(({ short, long }) => [short, long]), '-h', '--help'].filter(
    (flag) => flag !== undefined && flag !== null,
  )

/** The verb that was typed, or the root where there is none. */
const commandOf = (root: Command, argv: readonly string[]): Command => {
  const typed = argv.find((word) => !word.startsWith('-'))
  return root.commands.find((command) => command.name() === typed) ?? root
}

const usageOf = (command: Command, root: Command): string =>
  command === root ? 'gonogo VERB …' : `gonogo ${command.name()} ${command.usage().replace('[options] ', '')}`

/** A CommanderError as ours. `argv`: what was typed after `gonogo`. */
export const usageError = (error: CommanderError, root: Command, argv: readonly string[]): GonogoError => {
  const command = commandOf(root, argv)
  const help = command === root ? 'gonogo --help' : `gonogo ${command.name()} --help`
  const seen = quoted(error.message)
  switch (error.code) {
    case 'commander.unknownCommand': {
      const verbs = root.commands.map((known) => known.name())
      const close = nearest(seen, verbs)
      const rest = argv.filter((word) => word !== seen)
      return new GonogoError('USAGE_UNKNOWN_VERB', 'there is no such verb', {
        seen,
        expected: verbs.join(', '),
        try: close === undefined ? help : ['gonogo', close, ...rest].join(' '),
      })
    }
    case 'commander.unknownOption': {
      const flags = flagsOf(command)
      return new GonogoError('USAGE_UNKNOWN_FLAG', 'there is no such flag', {
        where: usageOf(command, root),
        seen,
        expected: flags.join(', '),
        try: nearest(seen, flags) ?? help,
      })
    }
    case 'commander.missingArgument':
      return new GonogoError('USAGE_MISSING_ARGUMENT', `${seen.toUpperCase()} is missing`, {
        expected: usageOf(command, root),
        try: help,
      })
    case 'commander.excessArguments':
      return new GonogoError('USAGE_TOO_MANY_ARGUMENTS', 'there are too many arguments', {
        seen: argv.join(' '),
        expected: usageOf(command, root),
        try: help,
      })
    default:
      return new GonogoError('USAGE', error.message.replace(/^error: /, '').split('\n')[0] ?? error.message, {
        expected: usageOf(command, root),
        try: help,
      })
  }
}
