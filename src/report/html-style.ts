// The look of pages: colours by meaning with their contrast in both schemes, four type sizes, spaces in steps of four.
// Not markup.

/** Text on its background reaches 4.5:1 or more in both schemes. */
export const pageStyle = `
:root { color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --muted: #59636e; --accent: #1f5fd0; --edge: #7d8792; --hair: #d5dae0;
  --go: #14713a; --warn: #8a5300; --no-go: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #161b22; --text: #e6eaef; --muted: #9ba6b2; --accent: #7fb0ff; --edge: #6b7683; --hair: #303843;
  --go: #57c785; --warn: #e3b04b; --no-go: #ff8a7a; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--text); font: 13px/20px system-ui, sans-serif; padding: 24px 16px; }
main { max-width: 960px; margin: 0 auto; }
h1 { font-size: 22px; line-height: 32px; font-weight: 600; overflow-wrap: anywhere; }
.about { color: var(--muted); font-size: 12px; overflow-wrap: anywhere; }
.verdict { font-size: 22px; line-height: 32px; font-weight: 700; margin-top: 16px; letter-spacing: .02em; }
.tally { margin: 4px 0 24px; }
.tally > span { margin-left: 8px; white-space: nowrap; }
.go { --tone: var(--go); } .warn { --tone: var(--warn); } .no-go { --tone: var(--no-go); } .muted { --tone: var(--muted); }
.verdict, .tally > span, .status { color: var(--tone); }
section { border-top: 1px solid var(--hair); }
details { border-bottom: 1px solid var(--hair); }
details[open] { box-shadow: inset 2px 0 0 var(--tone); }
summary { display: grid; grid-template-columns: 88px 32px 1fr auto 12px; column-gap: 8px; align-items: baseline;
  min-height: 28px; padding: 4px 8px; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: '▸'; color: var(--edge); }
details[open] > summary::after { content: '▾'; }
summary:hover { background: color-mix(in srgb, var(--edge) 12%, transparent); }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
.status { font-weight: 600; white-space: nowrap; }
abbr { text-decoration: none; font-family: ui-monospace, monospace; color: var(--muted); }
.title { overflow-wrap: anywhere; }
.seconds, dd, td { font-variant-numeric: tabular-nums; }
.seconds { color: var(--muted); font-size: 12px; }
.body { padding: 4px 8px 16px 144px; }
.word { color: var(--muted); font-size: 12px; }
dl { display: grid; grid-template-columns: 72px 1fr; gap: 4px 8px; margin-top: 4px; }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin-top: 12px; font: 12px/20px ui-monospace, monospace; }
caption { text-align: left; color: var(--muted); font: 12px/20px system-ui, sans-serif; }
th, td { text-align: left; font-weight: 400; padding: 0 16px 0 0; border-top: 1px solid var(--hair); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--muted); }
@media (max-width: 640px) {
  summary { grid-template-columns: 80px 28px 1fr 12px; min-height: 44px; align-content: center; }
  .seconds { display: none; } .body { padding-left: 8px; } }
@media (pointer: coarse) { summary { min-height: 44px; align-content: center; } }
@media print { details > .body { display: block; } }
`
