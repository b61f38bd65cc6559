// Findings of a preflight as text: a line for what is well, a block for a NO-GO, the header above and the verdict below.
// Not their order or severity: preflight/ decides, this prints.
import type { Finding, Plan, Status, Verdict } from '../contract/index.ts'
import { causeSentence } from './causes.ts'
import { labelled, nextLines, roomOf, shellWord } from './lines.ts'
import type { Look } from './look.ts'
import { plural, seconds } from './numbers.ts'
import { padEnd, padStart, printable, width, wrap } from './text.ts'

/** Where the text of a finding begins, and where its seconds end. */
const textColumn = 12
const boardColumns = 90
const secondsColumns = 8

export const statusWords: Record<Status, string> = {
  GO: 'GO',
  WARN: 'WARN',
  'NO-GO': 'NO-GO',
  SKIPPED: 'SKIP',
  WAIVED: 'WAIVED',
}

const paintOf = (status: Status, { colour }: Look) => {
  switch (status) {
    case 'GO':
      return colour.go
    case 'WARN':
    case 'WAIVED':
      return colour.warn
    case 'NO-GO':
      return colour.noGo
    case 'SKIPPED':
      return colour.muted
    default:
      return status satisfies never
  }
}

/** The title of a waived check is the reason somebody gave: their words, so in quotes. */
export const titleOf = (f: Finding): string => {
  const title = f.status === 'WAIVED' && !f.title.startsWith('"') ? `"${f.title}"` : f.title
  // what a small model has shown is never read as a word on the large one
  return f.tier === undefined ? title : f.tier === 'proxy' ? `on the proxy: ${title}` : `full model: ${title}`
}

/** Quiet when right: why a bug cannot be written on this engine stands in preflight.html and the JSON. */
const shortTitle = (f: Finding): string =>
  f.status === 'GO' ? titleOf(f).replace(/; by construction: .*$/s, '; by construction') : titleOf(f)

/** One finding: one line that wraps under its text, or, for a NO-GO, the line and the evidence below it. */
export const findingLines = (f: Finding, look: Look): string[] => {
  // its root names it under "folded"
  if (f.status === 'SKIPPED' && f.evidence.explainedBy !== undefined) return []
  const withSeconds =
    look.columns >= boardColumns && f.status !== 'NO-GO' && f.status !== 'SKIPPED' && f.status !== 'WAIVED'
  const room = (withSeconds ? boardColumns - secondsColumns : roomOf(look)) - textColumn
  // a check of the project's own has a name for a code: the text begins where the name ends
  const code = f.check.length < 4 ? padEnd(f.check, 4) : `${f.check}  `
  const [line = '', ...rest] = wrap(`${' '.repeat(code.length - 4)}${printable(shortTitle(f))}`, room)
  const first = line.trimStart()
  const start = `${paintOf(f.status, look)(padEnd(statusWords[f.status], 8))}${code}`
  const gap = boardColumns - 8 - code.length - width(first)
  const time = withSeconds ? look.colour.muted(padStart(seconds(f.seconds), gap)) : ''
  const lines = [`${start}${first}${time}`, ...rest.map((line) => ' '.repeat(textColumn) + line)]
  return f.status === 'NO-GO' ? [...lines, ...evidenceLines(f, look)] : lines
}

/** Where, seen, expected, cause, try, folded: what a person needs to mend it. */
export const evidenceLines = (f: Finding, look: Look): string[] => [
  ...labelled('where', f.where, look),
  ...labelled('seen', f.seen, look),
  ...labelled('expected', f.expected, look),
  ...labelled('cause', causeSentence(f.cause, f.alternatives), look),
  ...labelled('try', f.advice, look),
  ...labelled('folded', f.folded.join(', '), look),
]

export type Header = {
  readonly name: string
  /** What runs it, as far as it is known: engine, device, threads. */
  readonly on: readonly string[]
  readonly seed: number
  readonly fingerprint: string
}

/** What the header line says of a plan. */
export const headerOf = (plan: Plan): Header => {
  const { engine, device } = plan.environment
  const threads = plan.environment.threads ?? plan.run.threads
  const machine = [engine, device ?? plan.run.device].filter((part) => typeof part === 'string').join(' ')
  return {
    name: plan.run.name,
    on: [machine, ...(typeof threads === 'number' ? [plural(threads, 'thread')] : [])],
    seed: plan.run.seed,
    fingerprint: plan.fingerprint.whole,
  }
}

/** `mnist-cnn · ENGINE cpu, 2 threads · seed 0 · plan 7f3a91c2` */
export const headerLine = (h: Header, look: Look): string => {
  const rest = ` · ${h.on.join(', ')} · seed ${h.seed} · plan ${h.fingerprint.slice(0, 8)}`
  return `${look.colour.bold(printable(h.name))}${look.colour.muted(printable(rest))}`
}

const tallied: readonly (readonly [Status, string])[] = [
  ['NO-GO', 'no-go'],
  ['WARN', 'warning'],
  ['WAIVED', 'waived'],
  ['SKIPPED', 'skipped'],
]

/** `GO  12 checks, 17.3 s`, with what was not plainly GO counted in between. */
export const verdictLine = (
  poll: { verdict: Verdict; findings: readonly Finding[]; seconds: number; loadSeconds?: number | undefined },
  look: Look,
): string => {
  const counts = tallied.flatMap(([status, noun]) => {
    const n = poll.findings.filter((f) => f.status === status).length
    if (n === 0) return []
    return [noun === 'warning' ? plural(n, noun) : `${n} ${noun}`]
  })
  const small = poll.findings.filter(({ tier }) => tier === 'proxy').length
  const full = poll.findings.filter(({ tier }) => tier === 'full').length
  if (small + full > 0) counts.push(`${small} on the proxy`, `${full} on the full model`)
  const paint = poll.verdict === 'GO' ? look.colour.go : look.colour.noGo
  // what the experiment takes to start and load is its own, and no cost of the checks
  const loading = poll.loadSeconds === undefined ? '' : `; loading ${seconds(poll.loadSeconds)}`
  return `${paint(poll.verdict)}  ${[plural(poll.findings.length, 'check'), ...counts, seconds(poll.seconds)].join(', ')}${loading}`
}

/** What to type after a poll: train, or the checks that failed once more after the edit. */
export const pollNext = (
  file: string,
  poll: { verdict: Verdict; findings: readonly Finding[] },
  look: Look,
): string[] => {
  if (poll.verdict === 'GO') return nextLines([`gonogo train ${shellWord(file)}`], look)
  const failed = poll.findings.filter((f) => f.status === 'NO-GO').map((f) => f.check)
  return nextLines(
    [`gonogo check ${shellWord(file)} --only ${failed.join(',')}`, `gonogo check ${shellWord(file)}`],
    look,
  )
}
