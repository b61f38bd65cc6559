// sweep.html: a sweep on one page that needs nothing else: how trials went, what each parameter did to them, the table.
// Not the board: no script, no network. Values beyond the worst quarter are drawn at the edge, so that the rest can be told apart.
import type { Metric, SweepPlan } from '../contract/index.ts'
import { escapeHtml } from './escape.ts'
import { pageStyle } from './html-style.ts'
import { measure, none } from './numbers.ts'
import { columnsOf, type SweepView, stateWord, summaryOf, valueText } from './sweep.ts'

type Row = SweepView['ranking'][number]

const style = `
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 24px; margin: 24px 0; }
figure.wide { grid-column: 1 / -1; }
figcaption { color: var(--muted); font-size: 12px; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--muted); font: 11px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.axis { stroke: var(--edge); stroke-width: 1; fill: none; }
.line { fill: none; stroke: var(--edge); stroke-width: 1; }
.line.done { stroke: var(--text); opacity: .55; } .line.won { stroke: var(--accent); stroke-width: 2.5; opacity: 1; }
.dot { fill: none; stroke: var(--edge); stroke-width: 1.2; } .dot.done { fill: var(--text); stroke: none; opacity: .7; }
.dot.won { fill: var(--accent); opacity: 1; }
.scroll { overflow-x: auto; }
`

type Scale = (value: number) => number

const frame = { width: 320, height: 200, left: 48, right: 8, top: 8, bottom: 24 }

const linear = (from: number, to: number, start: number, end: number): Scale =>
  from === to ? () => (start + end) / 2 : (value) => start + ((value - from) / (to - from)) * (end - start)

/** Best to the third quartile of all values: what is worse stands at the edge. */
const rangeOf = (values: readonly number[], { direction }: Metric): [number, number] => {
  const sorted = values.toSorted((a, b) => (direction === 'min' ? a - b : b - a))
  const edge = sorted[Math.min(sorted.length - 1, Math.ceil(0.75 * (sorted.length - 1)))] ?? 0
  return [edge, sorted[0] ?? 1]
}

/** The better is up, whichever way the objective goes. */
const heightOf = ([worst, best]: readonly [number, number], height: number): Scale => {
  const scale = linear(worst, best, height - frame.bottom, frame.top)
  return (value) => Math.min(height - frame.bottom, Math.max(frame.top, scale(value)))
}

/** Where it stands, what it says, how it is anchored there. */
type Mark = readonly [number, string, 'start' | 'middle' | 'end']

const at = (n: number): string => n.toFixed(1)

const axes = (width: number, height: number, range: readonly [number, number], marks: readonly Mark[]): string => {
  const y = heightOf(range, height)
  const ticks = [...new Set(range)].map(
    (value) =>
      `<text x="${frame.left - 4}" y="${at(y(value) + 4)}" text-anchor="end">${escapeHtml(measure(value))}</text>`,
  )
  const below = marks.map(
    ([x, words, anchor]) => `<text x="${at(x)}" y="${height - 8}" text-anchor="${anchor}">${escapeHtml(words)}</text>`,
  )
  const edge = height - frame.bottom
  return `<path class="axis" d="M${frame.left} ${frame.top}V${edge}H${width - frame.right}"/>${ticks.join('')}${below.join('')}`
}

const figure = (caption: string, width: number, height: number, inner: string, wide = false): string =>
  `<figure${wide ? ' class="wide"' : ''}><figcaption>${escapeHtml(caption)}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(caption)}">${inner}</svg></figure>`

const classOf = (row: Row, won: Row | undefined): string => (row === won ? 'won' : row.state)

/** Best so far over the run, a line a trial, the winner on top of the others. */
const curves = (rows: readonly Row[], objective: Metric): string => {
  const [width, height] = [960, 260]
  const isBetter = (a: number, b: number) => (objective.direction === 'min' ? a < b : a > b)
  const lines = rows.map((row) => {
    let best: number | null = null
    const points = row.curve.flatMap(([share, value]): [number, number][] => {
      if (Number.isFinite(value) && (best === null || isBetter(value, best))) best = value
      return best === null ? [] : [[share, best]]
    })
    return { row, points }
  })
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value))
  if (values.length === 0) return ''
  const range = rangeOf(values, objective)
  const [x, y] = [linear(0, 1, frame.left, width - frame.right), heightOf(range, height)]
  const drawn = lines.toReversed().map(({ row, points }) => {
    const path = points.map(([share, value], i) => `${i === 0 ? 'M' : 'L'}${at(x(share))} ${at(y(value))}`).join('')
    const dot =
      points.length === 1
        ? `<circle class="dot ${classOf(row, rows[0])}" cx="${at(x(points[0]![0]))}" cy="${at(y(points[0]![1]))}" r="2"/>`
        : ''
    return `<path class="line ${classOf(row, rows[0])}" d="${path}"><title>trial ${row.trial.trial}</title></path>${dot}`
  })
  const marks: Mark[] = [
    [x(0), '0%', 'start'],
    [x(0.5), '50%', 'middle'],
    [x(1), '100% of the run', 'end'],
  ]
  return figure(
    `${objective.name}, best so far, a line a trial`,
    width,
    height,
    axes(width, height, range, marks) + drawn.join(''),
    true,
  )
}

type Place = { readonly x: (value: unknown) => number; readonly marks: readonly Mark[] }

const placeOf = (dimension: SweepPlan['settings']['space'][string], values: readonly unknown[]): Place => {
  const [from, to] = [frame.left + 12, frame.width - frame.right - 12]
  if (!('values' in dimension)) {
    const isLog = 'log' in dimension
    const [low, high] = isLog ? dimension.log : dimension.linear
    const shown = (value: number) => (isLog ? Math.log(value) : value)
    const scale = linear(shown(low), shown(high), from, to)
    return {
      x: (value) => scale(shown(Number(value))),
      marks: [
        [from, String(low), 'start'],
        [to, `${high}${isLog ? ' (log)' : ''}`, 'end'],
      ],
    }
  }
  const choices = [...new Set(values.map(valueText))].sort((a, b) => (a < b ? -1 : 1))
  const scale = linear(-0.5, choices.length - 0.5, from, to)
  return {
    x: (value) => scale(choices.indexOf(valueText(value))),
    marks: choices.map((choice, i): Mark => [scale(i), choice.slice(0, 14), 'middle']),
  }
}

const scatter = (key: string, head: string, rows: readonly Row[], plan: SweepPlan, objective: Metric): string => {
  const here = rows.filter(({ trial, value }) => Object.hasOwn(trial.point, key) && value !== null)
  const dimension = plan.settings.space[key]
  if (here.length === 0 || dimension === undefined) return ''
  const range = rangeOf(
    here.map(({ value }) => value ?? Number.NaN),
    objective,
  )
  const { width, height } = frame
  const y = heightOf(range, height)
  const { x, marks } = placeOf(
    dimension,
    here.map(({ trial }) => trial.point[key]),
  )
  const dots = here.toReversed().map((row) => {
    const title = `trial ${row.trial.trial}: ${measure(row.value ?? Number.NaN)} at ${stateWord(row)}`
    const [cx, cy] = [at(x(row.trial.point[key])), at(y(row.value ?? Number.NaN))]
    return `<circle class="dot ${classOf(row, rows[0])}" cx="${cx}" cy="${cy}" r="${row.state === 'done' ? 4 : 3}"><title>${escapeHtml(title)}</title></circle>`
  })
  return figure(head, width, height, axes(width, height, range, marks) + dots.join(''))
}

const tableOf = (view: SweepView, objective: Metric): string => {
  const columns = columnsOf(view.plan)
  const cells = (row: Row): string[] => [
    String(row.trial.trial),
    row.value === null ? none : `${measure(row.value)}${row.spread === null ? '' : ` ± ${measure(row.spread)}`}`,
    stateWord(row),
    ...columns.map(({ key }) => (Object.hasOwn(row.trial.point, key) ? valueText(row.trial.point[key]) : none)),
    row.state === 'failed' ? row.why : row.trial.runs.map(({ run }) => run).join(' '),
  ]
  const heads = ['trial', objective.name, 'at', ...columns.map(({ head }) => head), 'run']
  const line = (tag: string, words: readonly string[]) =>
    `<tr>${words.map((word) => `<${tag}>${escapeHtml(word)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table><thead>${line('th', heads)}</thead><tbody>${view.ranking.map((row) => line('td', cells(row))).join('')}</tbody></table></div>`
}

export const sweepHtml = (view: SweepView): string => {
  const { sweep, plan, objective, ranking } = view
  const title = escapeHtml(sweep)
  const shown = ranking.filter(({ state }) => state === 'done' || state === 'paused')
  const body =
    objective === null
      ? ''
      : `<div class="panels">${curves(shown, objective)}${columnsOf(plan)
          .map(({ key, head }) => scatter(key, head, shown, plan, objective))
          .join('')}</div>${tableOf(view, objective)}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${pageStyle}${style}</style></head>
<body><main><h1>${title}</h1><p class="about">${escapeHtml(summaryOf(view))}; ${escapeHtml(`${plan.settings.sampler}, prune: ${plan.settings.prune}`)}. Filled: trained to the end; blue: the winner.</p>
${body}</main></body></html>
`
}
