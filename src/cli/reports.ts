// --junit and --html: the poll as files, beside what the terminal shows.
// Not what stands in them: report/ makes the text.
import { constants } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { GonogoError } from '../contract/errors.ts'
import { junitXml, preflightHtml } from '../report/index.ts'
import type { CheckResult } from '../run.ts'

export type Reports = { readonly junit?: string | undefined; readonly html?: string | undefined }

/** Refuses a place that cannot be written, before a poll is made for it. */
export const refuseUnwritable = async ({ junit, html }: Reports): Promise<void> => {
  for (const [flag, file] of [
    ['--junit', junit],
    ['--html', html],
  ] as const) {
    if (file === undefined) continue
    const folder = dirname(resolve(file))
    await access(folder, constants.W_OK).catch(() => {
      throw new GonogoError('USAGE_REPORT_PATH', 'there is no folder that this report could be written to', {
        where: flag,
        seen: file,
        expected: 'a file in a folder that exists and may be written',
        try: `mkdir -p ${dirname(file)}`,
      })
    })
  }
}

export const writeReports = async ({ junit, html }: Reports, poll: CheckResult, now: Date): Promise<void> => {
  const texts = [
    [junit, () => junitXml(poll, poll.plan, now.toISOString())],
    [html, () => preflightHtml(poll.findings, poll.plan, poll.seconds)],
  ] as const
  for (const [file, text] of texts) {
    if (file === undefined) continue
    await writeFile(file, text()).catch((error: unknown) => {
      throw new GonogoError('REPORT_WRITE', 'the report could not be written', {
        where: file,
        seen: error instanceof Error ? error.message : String(error),
        expected: 'room, and leave to write',
      })
    })
  }
}
