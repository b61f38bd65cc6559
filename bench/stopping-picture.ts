// Draws docs/stopping.svg from real curves: a winner that the plain rule kills, and a lost run that the benchmark rule stops.
// Not run by anything: `node --conditions=gonogo-source bench/stopping-picture.ts CURVES.json.gz > docs/stopping.svg`.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { benchmarkSettings } from '../src/contract/index.ts'
import { constantsOf, meanAt } from '../src/decide/index.ts'
import { benchmarkJudge, type Candidate, judgesOf, readJsonCurves, type Trial, trialsOf } from '../src/replay/index.ts'

const [path = ''] = process.argv.slice(2)
const runs = readJsonCurves(JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')), path)
const trial = trialsOf(runs, { reference: 'baseline' }).find(({ workload }) => workload === 'imagenet_resnet') as Trial
const constants = constantsOf(benchmarkSettings.parse({}))
const ours = benchmarkJudge(constants)
const [plain] = judgesOf('plain', constants)
if (plain === undefined) throw new Error('no plain rule')

const bestAt = (c: Candidate, at: number) => c.run.best.findLast((p) => p.fraction <= at + 1e-9)?.value

/** The winner that the plain rule stops and that stood furthest behind; a lost run that was ahead when ours stopped it. */
const behind = ({ run }: Candidate) =>
  Math.max(
    ...run.best.filter(({ fraction }) => fraction > 0.2).map((p) => (meanAt(trial.profile, p.fraction) ?? 0) - p.value),
  )
const late = trial.candidates
  .filter((c) => c.winner && plain.judge(trial, c) !== null)
  .sort((a, b) => behind(b) - behind(a))[0] as Candidate
const lost = trial.candidates
  .filter((c) => {
    const at = ours(trial, c)
    return !c.winner && at !== null && at < 0.6 && (bestAt(c, at) ?? 0) > (meanAt(trial.profile, at) ?? 1)
  })
  .sort((a, b) => a.run.final - b.run.final)[0] as Candidate

const [width, height, left, bottom] = [720, 360, 50, 40]
const x = (fraction: number) => (left + fraction * (width - left - 150)).toFixed(1)
const y = (value: number) => (height - bottom - (value / 0.8) * (height - bottom - 20)).toFixed(1)
const line = (points: readonly { readonly fraction: number; readonly value: number }[]) =>
  points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p.fraction)} ${y(Math.max(0, p.value))}`).join('')
const mark = (c: Candidate, at: number | null, words: string, kind: string, below: number) => {
  if (at === null) return ''
  const value = bestAt(c, at) ?? 0
  return `<circle class="${kind}" cx="${x(at)}" cy="${y(value)}" r="5"/><text x="${x(at)}" y="${Number(y(value)) + below}">${words}</text>`
}
const percent = (v: number | null) => `${Math.floor(100 * (v ?? 0))}%`
const end = (c: Candidate, words: string) =>
  `<text x="${Number(x(c.run.end)) + 6}" y="${Number(y(c.run.final)) + 4}">${words}</text>`
const mean = Array.from({ length: 101 }, (_, i) => i / 100).flatMap((fraction) => {
  const value = meanAt(trial.profile, fraction)
  return value === null ? [] : [{ fraction, value }]
})
const ticks = [0, 0.25, 0.5, 0.75, 1]
const killed = plain.judge(trial, late)
const stopped = ours(trial, lost)
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Validation accuracy over the budget: the benchmark, a late winner, a lost run">
<style>
  text { font: 12px system-ui, sans-serif; fill: #1b1f24 } .muted { fill: #59636e }
  path { fill: none; stroke-width: 2 } .axis { stroke: #7d8792; stroke-width: 1 }
  .baseline { stroke: #59636e; stroke-dasharray: 6 4 } .late { stroke: #1f5fd0 } .lost { stroke: #b3261e }
  .bad { fill: none; stroke: #b3261e; stroke-width: 2 } .good { fill: #14713a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaef } .muted { fill: #9ba6b2 } .baseline { stroke: #9ba6b2 } .late { stroke: #7fb0ff } .lost { stroke: #ff8a7a }
    .bad { stroke: #ff8a7a } .good { fill: #57c785 } .axis { stroke: #6b7683 }
  }
</style>
<path class="axis" d="M${x(0)} ${y(0.8)}L${x(0)} ${y(0)}L${x(1)} ${y(0)}"/>
${ticks.map((t) => `<text class="muted" x="${x(t)}" y="${height - 22}" text-anchor="middle">${100 * t}%</text>`).join('')}
${[0.2, 0.4, 0.6, 0.8].map((t) => `<text class="muted" x="${left - 8}" y="${Number(y(t)) + 4}" text-anchor="end">${t}</text>`).join('')}
<text class="muted" x="${x(0.5)}" y="${height - 4}" text-anchor="middle">share of the budget; ImageNet ResNet-50, validation accuracy, best so far</text>
<path class="baseline" d="${line(mean)}"/><path class="late" d="${line(late.run.best)}"/><path class="lost" d="${line(lost.run.best)}"/>
${mark(late, killed, `the plain rule kills it at ${percent(killed)}`, 'bad', 24)}
${mark(lost, stopped, `gonogo stops it at ${percent(stopped)}`, 'good', 44)}
${end({ ...late, run: { ...late.run, final: late.run.final + 0.03 } }, `a winner, ${late.run.final.toFixed(3)}`)}
${`<text class="muted" x="${Number(x(1)) + 6}" y="${Number(y(trial.profile.final.mean)) + 10}">benchmark, ${trial.profile.final.mean.toFixed(3)}</text>`}
${end({ ...lost, run: { ...lost.run, final: lost.run.final - 0.05 } }, `a lost run, ${lost.run.final.toFixed(3)}`)}
</svg>
`)
process.stderr.write(`${late.run.group} ${late.run.config} ${late.run.study}; ${lost.run.group} ${lost.run.config}\n`)
