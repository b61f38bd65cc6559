// gonogo/testing: the go/no-go checks of a run file as unit tests in Vitest, or as findings for assertions of your own.
// No check is defined here, and none is run twice: one poll a file serves all its tests.
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, it } from 'vitest'
import { checkCode, type Finding, type FindingCode, GonogoError, type OwnCode, wordOf } from '../contract/index.ts'
import { errorLines, findingLines, plain } from '../report/index.ts'
import { check } from '../run.ts'

export { type CheckParts, type CheckSubject, go, noGo, type OwnCheck, skipped, warn } from '../experiment/own-check.ts'

export type PollOptions = {
  /** Only these checks, and what they need. */
  readonly only?: readonly FindingCode[]
  /** Checks to leave out, each with the reason that is shown in their place. */
  readonly skip?: Partial<Readonly<Record<FindingCode, string>>>
}

export type PreflightOptions = PollOptions & {
  /** Checks of the project's own that get a test each: `['own/classes-balanced']`. All others of its own share the test `own`. */
  readonly own?: readonly OwnCode[]
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
 * Runs the checks of a run file, gonogo's and the project's own, and returns what each of them says. Paths are relative to the
 * current folder. Throws a GonogoError where the run file or the experiment cannot be read.
 *
 * @example const findings = await poll('mnist.run.yaml', { only: ['I1', 'own/classes-balanced'] })
 */
export const poll = async (file: string | URL, { only, skip }: PollOptions = {}): Promise<readonly Finding[]> => {
  const reasons = new Map((Object.entries(skip ?? {}) as [FindingCode, string | undefined][]).filter(hasReason))
  const { findings } = await check(typeof file === 'string' ? file : fileURLToPath(file), {
    ...(only === undefined ? {} : { only }),
    skip: reasons,
  })
  return findings
}

const severity = (finding: Finding | undefined): number =>
  finding === undefined ? -1 : ['SKIPPED', 'WAIVED', 'GO', 'WARN', 'NO-GO'].indexOf(finding.status)

const hasReason = (entry: [FindingCode, string | undefined]): entry is [FindingCode, string] => entry[1] !== undefined

/**
 * Registers one test a check, in a `describe` named after the file. NO-GO fails with the finding as the terminal shows it;
 * SKIPPED and WAIVED skip with their reason; WARN passes and is printed. What checks of its own a project has is only known
 * once the experiment is open, so that they share the test `own`, but for those named in `own`.
 *
 * @example preflight('mnist.run.yaml', { own: ['own/classes-balanced'] })
 */
export const preflight = (file: string | URL, options: PreflightOptions = {}): void => {
  const name = typeof file === 'string' ? file : fileURLToPath(file)
  describe(`preflight of ${name}`, () => {
    const said = new Map<FindingCode, Finding>()
    beforeAll(async () => {
      const findings = await poll(file, options).catch((error: unknown) => {
        throw error instanceof GonogoError ? new PreflightError(errorLines(error.report(), command), error) : error
      })
      // asked of a proxy and of the large model, a check passes where both do
      for (const finding of findings)
        if (severity(finding) >= severity(said.get(finding.check))) said.set(finding.check, finding)
    }, options.timeout ?? 300_000)

    const named = options.own ?? []
    const codes: readonly FindingCode[] = options.only ?? [...checkCode.options, ...named]
    for (const code of codes) {
      it(`${code} ${wordOf(code)}`, (context) => {
        const finding = said.get(code)
        if (finding === undefined) throw new Error(`the poll of ${name} says nothing of ${code}`)
        const { status } = finding
        if (status === 'SKIPPED' || status === 'WAIVED') context.skip(finding.title)
        if (status === 'WARN') console.warn(findingLines(finding, command).join('\n'))
        if (status === 'NO-GO') throw new PreflightError(findingLines(finding, command))
      })
    }
    if (options.only !== undefined) return
    it('own checks of the project', (context) => {
      const others = [...said.values()].filter(({ check }) => !codes.includes(check))
      const lines = (status: Finding['status']) =>
        others.filter((finding) => finding.status === status).flatMap((finding) => findingLines(finding, command))
      const [failed, warned, skipped] = [lines('NO-GO'), lines('WARN'), [...lines('SKIPPED'), ...lines('WAIVED')]]
      if (failed.length > 0) throw new PreflightError(failed)
      if (warned.length > 0) console.warn(warned.join('\n'))
      if (others.length === 0) context.skip(named.length > 0 ? 'each has its own test' : 'the experiment declares none')
      if (others.every(({ status }) => status === 'SKIPPED' || status === 'WAIVED')) context.skip(skipped.join('\n'))
    })
  })
}
