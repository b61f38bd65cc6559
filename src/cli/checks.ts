// --skip and --only: codes or words of checks, and the reason a lowered guard must have.
// Not what a skip does: run.ts records it, preflight/ shows it.
import { GonogoError } from '../contract/errors.ts'
import { type CheckCode, checkCode, checkWords, type FindingCode, ownCode } from '../contract/finding.ts'
import { nearest } from '../contract/nearest.ts'

const codes: ReadonlyMap<string, CheckCode> = new Map(
  checkCode.options.flatMap((code) => [[code.toLowerCase(), code] as const, [checkWords[code], code] as const]),
)

/** Of the project's own checks the form alone is known here; whether the experiment has one is known once it is open. */
const codeOf = (text: string, flag: string): FindingCode => {
  const named = text.trim().toLowerCase()
  const own = ownCode.safeParse(named)
  const code = codes.get(named) ?? (own.success ? own.data : undefined)
  if (code !== undefined) return code
  const close = nearest(text, [...codes.keys()])
  throw new GonogoError('USAGE_UNKNOWN_CHECK', 'there is no such check', {
    where: flag,
    seen: text,
    expected: checkCode.options.map((known) => `${known} ${checkWords[known]}`).join(', '),
    try: close === undefined ? undefined : `${flag} ${codes.get(close) ?? close}`,
  })
}

/** `['K1,V2', 'overfit-one-batch']` → K1, V2, O4. */
export const onlyChecks = (values: readonly string[]): FindingCode[] => [
  ...new Set(
    values
      .flatMap((value) => value.split(','))
      .filter((text) => text.trim() !== '')
      .map((text) => codeOf(text, '--only')),
  ),
]

/** `['K1=no disk here']` → K1 with its reason. A skip without one is refused. */
export const skippedChecks = (values: readonly string[]): Map<FindingCode, string> =>
  new Map(
    values.map((value) => {
      const [id = '', ...rest] = value.split('=')
      const code = codeOf(id, '--skip')
      const reason = rest.join('=').trim()
      if (reason !== '') return [code, reason] as const
      throw new GonogoError(
        'USAGE_SKIP_WITHOUT_REASON',
        'a skipped check needs a reason; it is recorded with the run',
        {
          where: '--skip',
          seen: value,
          expected: `${code}=REASON`,
          try: `--skip '${code}=why it does not matter here'`,
        },
      )
    }),
  )
