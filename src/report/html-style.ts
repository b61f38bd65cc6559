// The look of pages: colours by meaning with their contrast in both schemes, four type sizes, spaces in steps of four.
// Not markup.

/** Text on its background reaches 4.5:1 or more in both schemes; lines and marks 3:1. */
export const pageStyle = `
:root { color-scheme: light dark;
  --page: #f4f6f8; --ground: #ffffff; --text: #1b1f24; --muted: #59636e; --accent: #1f5fd0; --edge: #7d8792; --hair: #d5dae0;
  --go: #14713a; --warn: #8a5300; --no-go: #b3261e; --s0: #1f5fd0; --s1: #e26703; --s2: #48109c; --s3: #a0452a; --s4: #6593e1;
  --go-wash: #e4f3ea; --warn-wash: #fbf0dc; --no-go-wash: #fbe7e5; --muted-wash: #eceff2; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0e1217; --ground: #161b22; --text: #e6eaef; --muted: #9ba6b2; --accent: #7fb0ff; --edge: #6b7683; --hair: #303843;
  --go: #57c785; --warn: #e3b04b; --no-go: #ff8a7a; --s0: #7fb0ff; --s1: #f2b98a; --s2: #f3e81f; --s3: #c54c85; --s4: #8be1fc;
  --go-wash: #15291e; --warn-wash: #2d2413; --no-go-wash: #361c1b; --muted-wash: #20262e; } }
* { box-sizing: border-box; margin: 0; }
html { scroll-behavior: smooth; scroll-padding-top: 16px; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { background: var(--page); color: var(--text); font: 13px/20px system-ui, sans-serif; padding: 24px 16px 48px; }
main { max-width: 960px; margin: 0 auto; }
header, .board, section, footer { background: var(--ground); border: 1px solid var(--hair); border-radius: 8px; margin-bottom: 16px; }
header { display: flex; gap: 24px; align-items: center; justify-content: space-between; padding: 24px; border-left: 6px solid var(--tone); }
header > div { min-width: 0; }
h1 { font-size: 22px; line-height: 32px; font-weight: 650; overflow-wrap: anywhere; }
h2 { font-size: 16px; line-height: 24px; font-weight: 600; padding: 16px 24px 8px; }
h3 { font-size: 12px; line-height: 16px; font-weight: 600; color: var(--muted); padding: 16px 24px 4px; }
.about { color: var(--muted); overflow-wrap: anywhere; }
.verdict { font-size: 44px; line-height: 48px; font-weight: 750; letter-spacing: .02em; white-space: nowrap; }
.tally { margin-top: 8px; }
.tally > span { margin-left: 8px; white-space: nowrap; font-weight: 600; }
.go { --tone: var(--go); --wash: var(--go-wash); } .warn { --tone: var(--warn); --wash: var(--warn-wash); }
.no-go { --tone: var(--no-go); --wash: var(--no-go-wash); } .muted { --tone: var(--muted); --wash: var(--muted-wash); }
.verdict, .tally > span, .status { color: var(--tone); }
.board { padding: 12px 24px; display: grid; gap: 4px 24px; grid-template-columns: repeat(2, 1fr); }
.board > div { display: flex; gap: 8px; padding: 4px 0; align-items: baseline; }
.family { flex: 0 0 112px; color: var(--muted); font-size: 12px; }
.tiles { display: flex; flex-wrap: wrap; gap: 4px; }
.tile { display: inline-flex; gap: 4px; padding: 0 8px; border-radius: 4px; background: var(--wash); color: var(--tone); font: 600 12px/24px ui-monospace, monospace;
  text-decoration: none; overflow-wrap: anywhere; }
.tile:hover { outline: 1px solid var(--tone); }
.tile:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
.mark { font-weight: 400; }
section { padding-bottom: 8px; overflow: hidden; }
details { border-top: 1px solid var(--hair); }
h2 + details, h3 + details { border-top: 0; }
details[open] { box-shadow: inset 3px 0 0 var(--tone); background: color-mix(in srgb, var(--wash) 40%, transparent); }
details:target { background: var(--wash); }
summary { display: grid; grid-template-columns: 72px auto 1fr auto 12px; column-gap: 8px; align-items: baseline;
  min-height: 28px; padding: 4px 24px; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: '▸'; color: var(--edge); }
details[open] > summary::after { content: '▾'; }
summary:hover { background: color-mix(in srgb, var(--edge) 12%, transparent); }
.status { font-weight: 600; white-space: nowrap; }
abbr { text-decoration: none; font-family: ui-monospace, monospace; color: var(--muted); min-width: 32px; }
.title { overflow-wrap: anywhere; }
.seconds, dd, td { font-variant-numeric: tabular-nums; }
.seconds { color: var(--muted); font-size: 12px; }
.body { padding: 4px 24px 16px 144px; }
.word { color: var(--muted); font-size: 12px; }
dl { display: grid; grid-template-columns: 72px 1fr; gap: 4px 8px; margin-top: 4px; }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin-top: 4px; font: 12px/20px ui-monospace, monospace; }
.evidence { border: 0; margin-top: 8px; } .evidence[open] { box-shadow: none; background: none; }
.evidence > summary { display: inline-block; padding: 0; color: var(--muted); font-size: 12px; min-height: 0; }
.drawn { max-width: 480px; margin-top: 12px; }
th, td { text-align: left; font-weight: 400; padding: 0 16px 0 0; border-top: 1px solid var(--hair); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--muted); white-space: nowrap; }
.pictures > div { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px 24px; padding: 0 24px 16px; }
figure.wide { grid-column: 1 / -1; }
figcaption { font-weight: 600; margin-bottom: 4px; }
figure > svg { width: 100%; height: auto; display: block; overflow: visible; }
figure text { font: 11px system-ui, sans-serif; fill: var(--muted); }
.grid { stroke: var(--hair); stroke-width: 1; }
polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.s0 { --series: var(--s0); } .s1 { --series: var(--s1); } .s2 { --series: var(--s2); } .s3 { --series: var(--s3); } .s4, .s5, .s6, .s7 { --series: var(--s4); }
polyline { stroke: var(--series); } rect, circle { fill: var(--series); }
.several polyline.s0 { stroke-width: 6; opacity: .4; }
polyline.s1 { stroke-dasharray: 6 3; } polyline.s2 { stroke-dasharray: 2 3; } polyline.s3 { stroke-dasharray: 8 3 2 3; }
line.level { stroke: var(--go); stroke-width: 1.5; stroke-dasharray: 4 4; } text.level { fill: var(--go); font-weight: 600; }
figure text.lost { fill: var(--no-go); font-weight: 700; }
.legend { display: flex; flex-wrap: wrap; gap: 0 16px; font-size: 12px; color: var(--muted); }
.legend i { display: inline-block; width: 12px; height: 3px; background: var(--series); margin-right: 6px; vertical-align: 4px; border-radius: 2px; }
.forecast { width: 100%; font: 13px/20px system-ui, sans-serif; margin-top: 0; }
.forecast th, .forecast td { padding: 6px 12px 6px 0; white-space: nowrap; vertical-align: middle; }
.forecast tr:first-child > * { border-top: 0; }
.figure { font-weight: 650; } .range { color: var(--muted); font-size: 12px; } .bar { width: 40%; padding-right: 0; }
.track { width: 100%; height: 8px; display: block; }
.track .ground { fill: var(--hair); } .track .spread { fill: var(--s0); opacity: .45; } .track .middle { fill: var(--s0); }
.track .over { fill: var(--no-go); }
.samples { display: flex; flex-wrap: wrap; gap: 8px; }
.samples > div { width: 64px; } .samples svg { width: 64px; height: 64px; display: block; border-radius: 4px; background: var(--muted-wash); }
.samples span { display: block; text-align: center; font-size: 12px; color: var(--muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
footer { background: none; border: 0; color: var(--muted); font: 12px/16px ui-monospace, monospace; overflow-wrap: anywhere; padding: 0 24px; }
@media (max-width: 720px) {
  .board, .pictures > div { grid-template-columns: minmax(0, 1fr); } header { padding: 16px; } .verdict { font-size: 32px; }
  h2, h3, .board, summary { padding-left: 16px; padding-right: 16px; } .pictures > div { padding: 0 16px 16px; }
  summary { grid-template-columns: 64px auto 1fr 12px; min-height: 44px; align-content: center; }
  .seconds { display: none; } .body { padding-left: 16px; padding-right: 16px; } .tile { line-height: 32px; } }
@media (pointer: coarse) { summary { min-height: 44px; align-content: center; } .tile { line-height: 32px; } }
@media print { body { background: none; padding: 0; } details > .body { display: block; } header, .board, section { break-inside: avoid-page; } }
`
