// Pictures of findings as SVG and HTML, in the page's own colours: drawn from numbers, every word escaped, nothing loaded.
// Not what is worth a picture: the checks decide that.
import type { Picture, PictureOf } from '../contract/index.ts'
import { axisOf } from './axes.ts'
import { escapeHtml } from './escape.ts'
import { measure } from './numbers.ts'
import { cut } from './text.ts'

const size = { width: 420, height: 200, left: 52, right: 12, top: 22, bottom: 34 } as const
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom }

const round = (value: number): string => String(Math.round(value * 10) / 10)

/** Axis labels are short: a tick is a round number. */
export const tickText = (value: number): string => {
  const magnitude = Math.abs(value)
  if (value === 0) return '0'
  if (magnitude >= 1e4 || magnitude < 1e-3) return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e')
  return String(Number(value.toPrecision(3)))
}

const legend = (names: readonly string[]): string =>
  names.length < 2
    ? ''
    : `<p class="legend">${names.map((name, i) => `<span><i class="s${i}"></i>${escapeHtml(name)}</span>`).join('')}</p>`

const frame = (title: string, words: string, body: string, below = ''): string =>
  `<figure><figcaption>${escapeHtml(title)}</figcaption><svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeHtml(words)}">${body}</svg>${below}</figure>`

const x = (share: number): number => size.left + share * inner.width
const y = (share: number): number => size.top + (1 - share) * inner.height

const grid = (ticks: readonly number[], at: (value: number) => number): string =>
  ticks
    .map((tick) => {
      const level = round(y(at(tick)))
      return `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${level}" y2="${level}"/><text class="tick" x="${size.left - 6}" y="${level}" dy="4" text-anchor="end">${tickText(tick)}</text>`
    })
    .join('')

const bottomTicks = (ticks: readonly number[], at: (value: number) => number): string =>
  ticks
    .map(
      (tick) =>
        `<text class="tick" x="${round(x(at(tick)))}" y="${size.height - size.bottom + 16}" text-anchor="middle">${tickText(tick)}</text>`,
    )
    .join('')

const axisNames = (below: string, beside: string): string =>
  `<text class="axis" x="${size.width - size.right}" y="${size.height - 4}" text-anchor="end">${escapeHtml(below)}</text><text class="axis" x="0" y="${size.top - 12}" text-anchor="start">${escapeHtml(beside)}</text>`

const lines = ({ title, x: across, y: up, lines: all, levels }: PictureOf<'lines'>): string => {
  const points = all.flatMap((line) => line.points)
  const right = axisOf(
    points.map(([at]) => at),
    across.scale,
    5,
  )
  const values = [...points.map(([, value]) => value), ...levels.map((level) => level.y)]
  // a rate begins at zero, a loss on a linear axis anywhere
  const rises = axisOf(up.name === 'learning rate' ? [...values, 0] : values, up.scale, 4)
  const drawn = all.map((line, i) => {
    // a value that is not finite, or none on this scale, breaks the line and is marked at the top
    const parts: string[][] = [[]]
    const lost: string[] = []
    for (const [at, value] of line.points) {
      const good = Number.isFinite(value) && (up.scale === 'linear' || value > 0)
      if (good) parts.at(-1)?.push(`${round(x(right.at(at)))},${round(y(rises.at(value)))}`)
      else {
        parts.push([])
        lost.push(`<text class="lost" x="${round(x(right.at(at)))}" y="${size.top + 8}" text-anchor="middle">×</text>`)
      }
    }
    const strokes = parts
      .filter((part) => part.length > 0)
      .map((part) =>
        part.length === 1
          ? `<circle class="s${i}" cx="${part[0]?.split(',')[0]}" cy="${part[0]?.split(',')[1]}" r="2.5"/>`
          : `<polyline class="s${i}" points="${part.join(' ')}"/>`,
      )
    return strokes.join('') + lost.slice(0, 50).join('')
  })
  const marks = levels
    .filter((level) => Number.isFinite(level.y) && (up.scale === 'linear' || level.y > 0))
    .map((level) => {
      const at = round(y(rises.at(level.y)))
      return `<line class="level" x1="${size.left}" x2="${size.width - size.right}" y1="${at}" y2="${at}"/><text class="level" x="${size.width - size.right - 4}" y="${at}" dy="-5" text-anchor="end">${escapeHtml(level.name)} ${measure(level.y)}</text>`
    })
  const words = all
    .map(
      ({ name, points: of }) =>
        `${name}: ${of.length === 0 ? 'nothing' : `${measure(of[0]?.[1] ?? Number.NaN)} to ${measure(of.at(-1)?.[1] ?? Number.NaN)}`}`,
    )
    .join('; ')
  const body = `${grid(rises.ticks, rises.at)}${bottomTicks(
    // there is no half a step
    across.name === 'step' ? right.ticks.filter(Number.isInteger) : right.ticks,
    right.at,
  )}${marks.join('')}${drawn.join('')}${axisNames(across.name, up.name)}`
  // the first line is what the others are compared with: wide and pale under them
  const several = all.length > 1 ? `<g class="several">${body}</g>` : body
  return frame(title, `${title}. ${words}`, several, legend(all.map(({ name }) => name)))
}

const bars = ({ title, y: up, series, groups, left }: PictureOf<'bars'>): string => {
  const values = groups.flatMap((group) => group.values.filter((value) => value !== null))
  const axis = axisOf(up.scale === 'linear' ? [0, ...values] : values, up.scale, 4)
  const wide = inner.width / Math.max(1, groups.length)
  const bar = Math.max(1, (wide * 0.8) / series.length)
  const drawn = groups.map((group, i) =>
    group.values
      .map((value, j) => {
        const from = size.left + i * wide + wide * 0.1 + j * bar
        const hint = `<title>${escapeHtml(`${group.name}: ${series[j] ?? ''} ${value === null ? 'none' : measure(value)}`)}</title>`
        const good = value !== null && Number.isFinite(value) && (up.scale === 'linear' || value > 0)
        // none, or zero on a logarithmic axis: marked on the ground, since a gap would look like a thin bar
        if (!good)
          return `<g>${hint}<text class="lost" x="${round(from + bar / 2)}" y="${size.top + inner.height - 2}" text-anchor="middle">×</text></g>`
        const top = y(up.scale === 'log' ? 0.04 + 0.96 * axis.at(value) : axis.at(value))
        return `<rect class="s${j}" x="${round(from)}" y="${round(top)}" width="${round(Math.max(0.8, bar - 0.5))}" height="${round(size.top + inner.height - top)}">${hint}</rect>`
      })
      .join(''),
  )
  // names are written where there is room for all of them, else the first and the last
  const fits = groups.every(({ name }) => name.length * 6.2 <= wide)
  const names = groups
    .filter(() => fits)
    .map(
      ({ name }, i) =>
        `<text class="tick" x="${round(size.left + (i + 0.5) * wide)}" y="${size.height - size.bottom + 16}" text-anchor="middle">${escapeHtml(name)}</text>`,
    )
  const ends = fits
    ? ''
    : `<text class="tick" x="${size.left}" y="${size.height - size.bottom + 16}">${escapeHtml(cut(groups[0]?.name ?? '', 28))}</text><text class="tick" x="${size.width - size.right}" y="${size.height - size.bottom + 16}" text-anchor="end">${escapeHtml(cut(groups.at(-1)?.name ?? '', 28))}</text>`
  const more = left > 0 ? `and ${left} more` : ''
  const scaled = up.scale === 'log' ? (value: number) => 0.04 + 0.96 * axis.at(value) : axis.at
  const body = `${grid(axis.ticks, scaled)}${drawn.join('')}${names.join('')}${ends}${axisNames(more, up.name)}`
  return frame(title, `${title}: ${groups.length} groups`, body, legend(series))
}

/** The middle with its interval, as far along as it is to its limit; without a limit, the number alone. */
const intervals = ({ title, rows }: PictureOf<'intervals'>): string => {
  const drawn = rows.map(({ name, low, middle, high, limit, words }) => {
    const most = limit === null ? high : Math.max(high, limit)
    const share = (value: number) => (most > 0 && Number.isFinite(value) ? Math.min(1, Math.max(0, value / most)) : 0)
    const percent = (value: number) => `${round(100 * share(value))}`
    const over = limit !== null && middle > limit
    const range = low < high ? `<span class="range">${escapeHtml(words.low)} – ${escapeHtml(words.high)}</span>` : ''
    const allowed = words.limit === null ? '' : `<span class="range">of ${escapeHtml(words.limit)}</span>`
    const mark =
      limit === null
        ? ''
        : `<line class="level" x1="${percent(limit)}" x2="${percent(limit)}" y1="0" y2="8" vector-effect="non-scaling-stroke"/>`
    const track = `<svg class="track" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="ground" x="0" y="3" width="100" height="2"/><rect class="spread${over ? ' over' : ''}" x="${percent(low)}" y="1" width="${round(Math.max(0.8, 100 * (share(high) - share(low))))}" height="6"/><rect class="middle${over ? ' over' : ''}" x="${round(Math.max(0, 100 * share(middle) - 0.5))}" y="0" width="1" height="8"/>${mark}</svg>`
    return `<tr><th scope="row">${escapeHtml(name)}</th><td class="figure">${escapeHtml(words.middle)}</td><td>${range} ${allowed}</td><td class="bar">${low < high || limit !== null ? track : ''}</td></tr>`
  })
  return `<figure><figcaption>${escapeHtml(title)}</figcaption><table class="forecast"><tbody>${drawn.join('')}</tbody></table></figure>`
}

/** Pixels as squares of an SVG, equal neighbours in a row as one: a picture without a file format. */
const samples = ({ title, samples: all }: PictureOf<'samples'>): string => {
  const drawn = all.map(({ label, width, height, channels, bytes }) => {
    const pixels = Buffer.from(bytes, 'base64')
    const colour = (i: number): string => {
      const at = i * channels
      const [r = 0, g = r, b = r] = channels === 1 ? [pixels[at] ?? 0] : [pixels[at], pixels[at + 1], pixels[at + 2]]
      return `#${[r, g, b].map((value) => (value ?? 0).toString(16).padStart(2, '0')).join('')}`
    }
    const cells: string[] = []
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; ) {
        const fill = colour(row * width + column)
        let end = column + 1
        while (end < width && colour(row * width + end) === fill) end++
        cells.push(`<path fill="${fill}" d="M${column} ${row}h${end - column}v1h${column - end}z"/>`)
        column = end
      }
    return `<div><svg viewBox="0 0 ${width} ${height}" shape-rendering="crispEdges" role="img" aria-label="${escapeHtml(label)}">${cells.join('')}</svg><span>${escapeHtml(label)}</span></div>`
  })
  return `<figure class="wide"><figcaption>${escapeHtml(title)}</figcaption><div class="samples">${drawn.join('')}</div></figure>`
}

export const pictureHtml = (picture: Picture): string => {
  switch (picture.kind) {
    case 'lines':
      return lines(picture)
    case 'bars':
      return bars(picture)
    case 'intervals':
      return intervals(picture)
    case 'samples':
      return samples(picture)
    default:
      return picture satisfies never
  }
}
