// What checks have measured, as pictures for the report: thinned, named, and nothing judged.
// Not how they are drawn.
import { type Facts, mostPoints, type Picture, type SampleDigest, type StepRecord } from '../contract/index.ts'

type Point = [number, number]

/** Evenly, first and last kept; and of each stretch left out its highest and lowest stay, so that a spike is seen. */
export const thinnedPoints = (points: readonly Point[], most: number = mostPoints): Point[] => {
  if (points.length <= most) return [...points]
  const stretch = (points.length - 1) / (most / 2)
  const kept = new Set<Point>()
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(Math.round(from), Math.round(from + stretch))
    const finite = part.filter(([, y]) => Number.isFinite(y)).sort((a, b) => a[1] - b[1])
    for (const point of [finite[0], finite.at(-1)]) if (point) kept.add(point)
  }
  const [first, last] = [points[0], points.at(-1)]
  return points.filter((point) => kept.has(point) || point === first || point === last)
}

const lossOf = (records: readonly StepRecord[]): Point[] => records.map(({ step, loss }) => [step, loss])

const number = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(3)))

/** O4: the loss on one batch, step by step, against the lowest that theory allows. */
export const overfitPicture = (
  attempts: readonly { readonly rate: number; readonly losses: readonly number[] }[],
  floor: number | null,
): Picture => {
  const all = attempts.flatMap(({ losses }) => losses).filter(Number.isFinite)
  const positive = all.length > 0 && all.every((loss) => loss > 0) && (floor ?? 0) >= 0
  return {
    kind: 'lines',
    // zero has no place on a logarithmic axis
    title: positive && floor === 0 ? 'One batch, again and again; its floor is 0' : 'One batch, again and again',
    x: { name: 'step', scale: 'linear' },
    y: { name: 'loss', scale: positive ? 'log' : 'linear' },
    lines: attempts.slice(0, 8).map(({ rate, losses }) => ({
      name: `learning rate ${number(rate)}`,
      points: thinnedPoints(losses.map((loss, i) => [i + 1, loss])),
    })),
    levels: floor === null || (positive && floor === 0) ? [] : [{ name: 'floor', y: floor }],
  }
}

/** O6: the largest learning rate of all groups over the whole run. */
export const ratesPicture = (
  points: readonly { readonly step: number; readonly rate: number }[],
  peak: number | undefined,
): Picture => ({
  kind: 'lines',
  title: 'Learning rate over the whole run',
  x: { name: 'step', scale: 'linear' },
  y: { name: 'learning rate', scale: 'linear' },
  lines: [{ name: 'learning rate', points: thinnedPoints(points.map(({ step, rate }) => [step, rate])) }],
  levels: peak === undefined ? [] : [{ name: 'declared peak', y: peak }],
})

/** K1: the straight run, and what a fresh process made of the checkpoint. */
export const resumePicture = (
  straight: readonly StepRecord[],
  resumed: readonly { readonly step: number; readonly records: readonly StepRecord[] }[],
): Picture => ({
  kind: 'lines',
  title: 'Straight run and resumed runs',
  x: { name: 'step', scale: 'linear' },
  y: { name: 'loss', scale: 'linear' },
  lines: [
    { name: 'straight', points: thinnedPoints(lossOf(straight)) },
    ...resumed
      .slice(0, 4)
      .map(({ step, records }) => ({ name: `resumed after step ${step}`, points: thinnedPoints(lossOf(records)) })),
  ],
  levels: [],
})

const mostBars = 60

/** O1: the largest gradient and change of each parameter, in the order of the model. */
export const flowPicture = (
  { tensors }: Pick<Facts, 'tensors'>,
  of: ReadonlyMap<string, { readonly gradient: number | null; readonly change: number }>,
): Picture => {
  const known = tensors.filter(({ kind, tiedTo, name }) => kind === 'parameter' && tiedTo === null && of.has(name))
  return {
    kind: 'bars',
    title: 'Gradient and change of each parameter, first steps',
    y: { name: 'L2 norm', scale: 'log' },
    series: ['gradient', 'change'],
    groups: known.slice(0, mostBars).map(({ name }) => {
      const { gradient = null, change = 0 } = of.get(name) ?? {}
      return { name: name.slice(-200), values: [gradient, change] }
    }),
    left: Math.max(0, known.length - mostBars),
  }
}

/** How often each class occurs in what was looked at of each split, as shares; null where targets are no classes. */
export const classesPicture = (
  classes: number,
  train: readonly SampleDigest[],
  val: readonly SampleDigest[],
): Picture | null => {
  const counted = (samples: readonly SampleDigest[]) => Map.groupBy(samples, ({ target }) => target)
  const [left, right] = [counted(train), counted(val)]
  if (train.length === 0 || [...left.keys()].some((target) => typeof target !== 'number')) return null
  const share = (of: typeof left, total: number, name: number) => (of.get(name)?.length ?? 0) / Math.max(1, total)
  return {
    kind: 'bars',
    title: `Classes of ${train.length} training and ${val.length} validation samples`,
    y: { name: 'share', scale: 'linear' },
    series: ['training', 'validation'],
    groups: Array.from({ length: Math.min(classes, mostBars) }, (_, name) => ({
      name: String(name),
      values: [share(left, train.length, name), val.length > 0 ? share(right, val.length, name) : null],
    })),
    left: Math.max(0, classes - mostBars),
  }
}

type Interval = { readonly low: number; readonly middle: number; readonly high: number }

/** F1: what the run will take; `words` says a value as people read it. */
export const forecastPicture = (
  rows: readonly {
    readonly name: string
    readonly interval: Interval
    readonly limit: number | null
    readonly words: (value: number) => string
  }[],
): Picture => ({
  kind: 'intervals',
  title: 'Forecast of the whole run',
  rows: rows.slice(0, 12).map(({ name, interval, limit, words }) => ({
    name,
    ...interval,
    limit,
    words: {
      low: words(interval.low),
      middle: words(interval.middle),
      high: words(interval.high),
      limit: limit === null ? null : words(limit),
    },
  })),
})

/** D4: inputs with their labels; null where none has the shape of a picture. */
export const inputsPicture = (samples: readonly SampleDigest[]): Picture | null => {
  const drawn = samples.flatMap(({ id, target, thumbnail }) => {
    const label =
      typeof target === 'number' ? String(target) : target === null ? `sample ${id}` : `${target.length} values`
    return thumbnail ? [{ ...thumbnail, label }] : []
  })
  return drawn.length === 0
    ? null
    : { kind: 'samples', title: 'Training inputs with their labels', samples: drawn.slice(0, 32) }
}
