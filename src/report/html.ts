// preflight.html: the whole poll on one page that needs nothing else, light or dark as the reader's system is.
// Not the board: no script, no network, nothing that can be clicked but what unfolds and what leads to it.
import { type Evidence, type Finding, type Plan, type Status, verdictOf, wordOf } from '../contract/index.ts'
import { causeSentence } from './causes.ts'
import { escapeHtml } from './escape.ts'
import { byFamily } from './families.ts'
import { headerOf, statusWords, titleOf } from './findings.ts'
import { pageStyle } from './html-style.ts'
import { none, plural, seconds } from './numbers.ts'
import { pictureHtml } from './pictures.ts'

const classes: Record<Status, string> = { GO: 'go', WARN: 'warn', 'NO-GO': 'no-go', SKIPPED: 'muted', WAIVED: 'warn' }
/** Shapes repeat what words and colours say. */
const shapes: Record<Status, string> = { GO: '✓', WARN: '!', 'NO-GO': '✕', SKIPPED: '–', WAIVED: '!' }

const row = (label: string, text: string | null): string =>
  text === null || text === '' ? '' : `<dt>${label}</dt><dd>${escapeHtml(text)}</dd>`

const scalarText = (value: string | number | boolean | null): string => (value === null ? none : String(value))

/** A list of thousands says nothing to a reader; the JSON has them all. */
const mostShown = 24

const evidenceTable = (evidence: Evidence): string => {
  const rows = Object.entries(evidence).map(([name, value]) => {
    const shown = Array.isArray(value) ? value.slice(0, mostShown).map(scalarText).join(', ') : scalarText(value)
    const more = Array.isArray(value) && value.length > mostShown ? ` … ${value.length - mostShown} more` : ''
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(shown + more)}</td></tr>`
  })
  return rows.length === 0
    ? ''
    : `<details class="evidence"><summary>evidence</summary><table><tbody>${rows.join('')}</tbody></table></details>`
}

const bodyOf = (f: Finding): string =>
  [
    row('where', f.where),
    row('seen', f.seen),
    row('expected', f.expected),
    row('cause', causeSentence(f.cause, f.alternatives)),
    row('try', f.advice),
    row('folded', f.folded.join(', ')),
  ].join('')

const drawn = ({ pictures = [] }: Finding): string =>
  pictures.length === 0 ? '' : `<div class="drawn">${pictures.map(pictureHtml).join('')}</div>`

/** A check that was asked of two models has two places. */
const idOf = ({ check, tier }: Finding): string => (tier === undefined ? check : `${check}-${tier}`)

const findingHtml = (f: Finding): string => {
  const body = bodyOf(f)
  const word = wordOf(f.check)
  return `<details id="${escapeHtml(idOf(f))}" class="${classes[f.status]}"${f.status === 'NO-GO' ? ' open' : ''}>
<summary><span class="status"><span aria-hidden="true">${shapes[f.status]}</span> ${statusWords[f.status]}</span><abbr title="${escapeHtml(word)}">${escapeHtml(f.check)}</abbr><span class="title">${escapeHtml(titleOf(f))}</span><span class="seconds">${f.status === 'SKIPPED' ? '' : seconds(f.seconds)}</span></summary>
<div class="body"><p class="word">${escapeHtml(word)}</p>${body === '' ? '' : `<dl>${body}</dl>`}${f.cause === null ? '' : drawn(f)}${evidenceTable(f.evidence)}</div>
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

/** One tile a check, family by family: the whole poll at a glance. */
const board = (families: readonly (readonly [string, readonly Finding[]])[]): string =>
  `<nav class="board" aria-label="All checks">${families
    .map(
      ([family, findings]) =>
        `<div><span class="family">${escapeHtml(family)}</span><span class="tiles">${findings
          .map(
            (f) =>
              `<a href="#${escapeHtml(encodeURI(idOf(f)))}" class="tile ${classes[f.status]}" title="${escapeHtml(`${statusWords[f.status]} · ${wordOf(f.check)} · ${titleOf(f)}`)}">${escapeHtml(family === 'own' ? wordOf(f.check) : f.check)}<span class="mark" aria-label="${statusWords[f.status]}">${shapes[f.status]}</span></a>`,
          )
          .join('')}</span></div>`,
    )
    .join('')}</nav>`

const pictures = (findings: readonly Finding[]): string => {
  // a fault has its picture beside its words
  const drawn = findings.flatMap(({ cause, pictures = [] }) => (cause === null ? pictures.map(pictureHtml) : []))
  return drawn.length === 0
    ? ''
    : `<section class="pictures" aria-label="Pictures"><h2>What was measured</h2><div>${drawn.join('\n')}</div></section>`
}

const severity: Record<Status, number> = { 'NO-GO': 0, WARN: 1, WAIVED: 2, GO: 3, SKIPPED: 4 }

/** What a reader has to look at, worst first; then the pictures; then everything else by family. */
const parts = (findings: readonly Finding[]): string => {
  const wrong = findings.filter(({ status }) => severity[status] < severity.GO)
  const ordered = wrong.toSorted((a, b) => severity[a.status] - severity[b.status])
  const first =
    ordered.length === 0
      ? ''
      : `<section aria-label="To look at"><h2>To look at</h2>\n${ordered.map(findingHtml).join('\n')}\n</section>`
  const rest = byFamily(findings.filter((f) => !wrong.includes(f)))
  const others = `<section aria-label="Findings"><h2>${wrong.length === 0 ? 'All checks' : 'All others'}</h2>\n${rest
    .map(([family, members]) => `<h3>${escapeHtml(family)}</h3>\n${members.map(findingHtml).join('\n')}`)
    .join('\n')}\n</section>`
  return [first, pictures(findings), rest.length === 0 ? '' : others].join('\n')
}

/** The page. `took`: seconds of the whole poll; without it, the sum of its checks. */
export const preflightHtml = (findings: readonly Finding[], plan: Plan, took?: number): string => {
  const verdict = verdictOf(findings)
  const header = headerOf(plan)
  const total = took ?? findings.reduce((sum, f) => sum + f.seconds, 0)
  const about = `${header.on.join(', ')} · seed ${header.seed} · plan ${header.fingerprint.slice(0, 8)}`
  const tone = verdict === 'GO' ? 'go' : 'no-go'
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
<header class="${tone}">
<div><h1>${escapeHtml(header.name)}</h1>
<p class="about">${escapeHtml(about)}</p>
<p class="tally">${plural(findings.length, 'check')} in ${seconds(total)}: ${tally(findings)}</p></div>
<p class="verdict ${tone}">${verdict}</p>
</header>
${board(byFamily(findings))}
${parts(findings)}
<footer>${escapeHtml(`plan ${header.fingerprint}`)}</footer>
</main>
</body>
</html>
`
}
