// preflight.html: the whole poll on one page that needs nothing else, light or dark as the reader's system is.
// Not the board: no script, no network, nothing that can be clicked but what unfolds.
import { type Evidence, type Finding, type Plan, type Status, verdictOf, wordOf } from '../contract/index.ts'
import { causeSentence } from './causes.ts'
import { headerOf, statusWords, titleOf } from './findings.ts'
import { pageStyle } from './html-style.ts'
import { none, plural, seconds } from './numbers.ts'
import { printable } from './text.ts'

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Text of strangers as HTML text or attribute value. Control and direction characters are shown, not obeyed. */
export const escapeHtml = (text: string): string => printable(text).replace(/[&<>"']/g, (c) => entities.get(c) ?? c)

const classes: Record<Status, string> = { GO: 'go', WARN: 'warn', 'NO-GO': 'no-go', SKIPPED: 'muted', WAIVED: 'warn' }
/** Shapes repeat what words and colours say. */
const shapes: Record<Status, string> = { GO: '✓', WARN: '!', 'NO-GO': '✕', SKIPPED: '–', WAIVED: '!' }

const row = (label: string, text: string | null): string =>
  text === null || text === '' ? '' : `<dt>${label}</dt><dd>${escapeHtml(text)}</dd>`

const scalarText = (value: string | number | boolean | null): string => (value === null ? none : String(value))

const evidenceTable = (evidence: Evidence): string => {
  const rows = Object.entries(evidence).map(([name, value]) => {
    const text = Array.isArray(value) ? value.map(scalarText).join(', ') : scalarText(value)
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`
  })
  return rows.length === 0 ? '' : `<table><caption>Evidence</caption><tbody>${rows.join('')}</tbody></table>`
}

const findingHtml = (f: Finding): string => {
  const body = [
    row('where', f.where),
    row('seen', f.seen),
    row('expected', f.expected),
    row('cause', causeSentence(f.cause, f.alternatives)),
    row('try', f.advice),
    row('folded', f.folded.join(', ')),
  ].join('')
  const word = wordOf(f.check)
  return `<details id="${escapeHtml(f.check)}" class="${classes[f.status]}"${f.status === 'NO-GO' ? ' open' : ''}>
<summary><span class="status"><span aria-hidden="true">${shapes[f.status]}</span> ${statusWords[f.status]}</span><abbr title="${escapeHtml(word)}">${escapeHtml(f.check)}</abbr><span class="title">${escapeHtml(titleOf(f))}</span><span class="seconds">${f.status === 'SKIPPED' ? '' : seconds(f.seconds)}</span></summary>
<div class="body"><p class="word">${escapeHtml(word)}</p>${body === '' ? '' : `<dl>${body}</dl>`}${evidenceTable(f.evidence)}</div>
</details>`
}

const tally = (findings: readonly Finding[]): string =>
  (['GO', 'NO-GO', 'WARN', 'WAIVED', 'SKIPPED'] as const)
    .map((status) => [status, findings.filter((f) => f.status === status).length] as const)
    .filter(([, n]) => n > 0)
    .map(
      ([status, n]) =>
        `<span class="${classes[status]}"><span aria-hidden="true">${shapes[status]}</span> ${n} ${statusWords[status]}</span>`,
    )
    .join(' ')

/** The page. `took`: seconds of the whole poll; without it, the sum of its checks. */
export const preflightHtml = (findings: readonly Finding[], plan: Plan, took?: number): string => {
  const verdict = verdictOf(findings)
  const header = headerOf(plan)
  const total = took ?? findings.reduce((sum, f) => sum + f.seconds, 0)
  const about = `${header.on.join(', ')} · seed ${header.seed} · plan ${header.fingerprint}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${verdict} · ${escapeHtml(header.name)} · preflight</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(header.name)}</h1>
<p class="about">${escapeHtml(about)}</p>
<p class="verdict ${verdict === 'GO' ? 'go' : 'no-go'}">${verdict}</p>
<p class="tally">${plural(findings.length, 'check')} in ${seconds(total)}: ${tally(findings)}</p>
</header>
<section aria-label="Findings">
${findings.map(findingHtml).join('\n')}
</section>
</main>
</body>
</html>
`
}
