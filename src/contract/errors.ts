// One error type for everything a person is told: a stable code, where, what was seen, what was expected, what to type.
// Not for control flow inside a room: a caller that can go on gets a value, not an exception.

/** Process exit codes (docs/cli.md). */
export const exitCodes = {
  done: 0,
  internal: 1,
  usage: 2,
  noGo: 3,
  stopped: 4,
  requeueSpent: 75,
  requeue: 85,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export type ErrorDetails = {
  /** `file:line:column`, or a run, a folder, a command. */
  readonly where?: string | undefined
  /** One source line with a caret line under it, ready to print. */
  readonly excerpt?: string | undefined
  readonly seen?: string | undefined
  readonly expected?: string | undefined
  /** One edit or one command. */
  readonly try?: string | undefined
  /** The user's own traceback, their frame first. */
  readonly trace?: string | undefined
  /** Further faults found in the same pass, in the order a reader should mend them. */
  readonly also?: readonly ErrorReport[] | undefined
  readonly exit?: ExitCode | undefined
  readonly cause?: unknown
}

/** What goes over a wire or to disk when something failed. */
export type ErrorReport = {
  readonly code: string
  readonly message: string
  readonly where?: string | undefined
  readonly excerpt?: string | undefined
  readonly seen?: string | undefined
  readonly expected?: string | undefined
  readonly try?: string | undefined
  readonly trace?: string | undefined
  readonly also?: readonly ErrorReport[] | undefined
}

/**
 * An error meant to be read. `code` is stable (`CONFIG_UNKNOWN_KEY`); `message` says what is wrong in one line.
 *
 * @example throw new GonogoError('RUN_NOT_FOUND', 'no run has this name', { seen: name, try: 'gonogo runs' })
 */
export class GonogoError extends Error {
  readonly code: string
  readonly where: string | undefined
  readonly excerpt: string | undefined
  readonly seen: string | undefined
  readonly expected: string | undefined
  readonly try: string | undefined
  readonly trace: string | undefined
  readonly also: readonly ErrorReport[]
  readonly exit: ExitCode

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GonogoError'
    this.code = code
    this.where = details.where
    this.excerpt = details.excerpt
    this.seen = details.seen
    this.expected = details.expected
    this.try = details.try
    this.trace = details.trace
    this.also = details.also ?? []
    this.exit = details.exit ?? exitCodes.usage
  }

  report(): ErrorReport {
    const { code, message, where, excerpt, seen, expected, try: next, trace, also } = this
    const report = { code, message, where, excerpt, seen, expected, try: next, trace }
    return also.length === 0 ? report : { ...report, also }
  }

  static from(report: ErrorReport, exit?: ExitCode): GonogoError {
    return new GonogoError(report.code, report.message, { ...report, exit })
  }
}
