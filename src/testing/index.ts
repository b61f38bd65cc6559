// gonogo/testing: the go/no-go checks of a run file as unit tests in Vitest, or as findings for assertions of your own.
// No check is defined here, and none is run twice: one poll a file serves all its tests.
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, it } from 'vitest'
import { type CheckCode, checkCode, checkWords, type Finding, GonogoError } from '../contract/index.ts'
import { errorLines, findingLines, plain } from '../report/index.ts'
import { check } from '../run.ts'

export type PollOptions = {
  /** Only these checks, and what they need. */
  readonly only?: readonly CheckCode[]
  /** Checks to leave out, each with the reason that is shown in their place. */
  readonly skip?: Partial<Readonly<Record<CheckCode, string>>>
}

export type PreflightOptions = PollOptions & {
  /** Milliseconds that the whole poll may take; 5 minutes by default. */
  readonly timeout?: number
}

/** A NO-GO finding, or an error meant to be read, as the failure of a test: worded as on the terminal, no trace of ours. */
class PreflightError extends Error {
  constructor(lines: readonly string[], cause?: unknown) {
    super(`\n${lines.join('\n')}`, cause === undefined ? undefined : { cause })
    this.name = 'PreflightError'
    this.stack = `${this.name}: ${this.message}`
  }
}

const command = { ...plain, command: 'npx gonogo' }

/**
 * Runs the checks of a run file and returns what each of them says. Paths are relative to the current folder.
 * Throws a GonogoError where the run file or the experiment cannot be read.
 *
 * @example const findings = await poll('mnist.run.yaml', { only: ['I1'] })
 */
export const poll = async (file: string | URL, { only, skip }: PollOptions = {}): Promise<readonly Finding[]> => {
  const { findings } = await check(typeof file === 'string' ? file : fileURLToPath(file), {
    ...(only === undefined ? {} : { only }),
    skip: new Map(checkCode.options.flatMap((code) => (skip?.[code] === undefined ? [] : [[code, skip[code]]]))),
  })
  return findings
}

/**
 * Registers one test a check, in a `describe` named after the file. NO-GO fails with the finding as the terminal shows it;
 * SKIPPED and WAIVED skip with their reason; WARN passes and is printed.
 *
 * @example preflight('mnist.run.yaml')
 */
export const preflight = (file: string | URL, options: PreflightOptions = {}): void => {
  const name = typeof file === 'string' ? file : fileURLToPath(file)
  describe(`preflight of ${name}`, () => {
    const said = new Map<CheckCode, Finding>()
    beforeAll(async () => {
      const findings = await poll(file, options).catch((error: unknown) => {
        throw error instanceof GonogoError ? new PreflightError(errorLines(error.report(), command), error) : error
      })
      for (const finding of findings) said.set(finding.check, finding)
    }, options.timeout ?? 300_000)

    for (const code of options.only ?? checkCode.options) {
      it(`${code} ${checkWords[code]}`, (context) => {
        const finding = said.get(code)
        if (finding === undefined) throw new Error(`the poll of ${name} says nothing of ${code}`)
        const { status } = finding
        if (status === 'SKIPPED' || status === 'WAIVED') context.skip(finding.title)
        if (status === 'WARN') console.warn(findingLines(finding, command).join('\n'))
        if (status === 'NO-GO') throw new PreflightError(findingLines(finding, command))
      })
    }
  })
}
