// --skip and --only: codes or words of checks, and the reason a lowered guard must have.
// Not what a skip does: run.ts records it, preflight/ shows it.
import { GonogoError } from '../contract/errors.ts'
import { type CheckCode, checkCode, checkWords } from '../contract/finding.ts'
import { nearest } from '../contract/nearest.ts'

const codes: ReadonlyMap<string, CheckCode> = new Map(
  checkCode.options.flatMap((code) => [[code.toLowerCase(), code] as const, [checkWords[code], code] as const]),
)

const codeOf = (text: string, flag: string): CheckCode => {
  const code = codes.get(text.trim().toLowerCase())
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
export const onlyChecks = (values: readonly string[]): CheckCode[] => [
  ...new Set(
    values
      .flatMap((value) => value.split(','))
      .filter((text) => text.trim() !== '')
      .map((text) => codeOf(text, '--only')),
  ),
]

/** `['K1=no disk here']` → K1 with its reason. A skip without one is refused. */
export const skippedChecks = (values: readonly string[]): Map<CheckCode, string> =>
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
