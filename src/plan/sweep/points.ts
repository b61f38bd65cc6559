// The points of a sweep: every one of a grid, or so many of a random or Sobol sequence, each once.
// Pure: the same space, sampler and seed give the same points, whatever has been trained by then.
import { createHash } from 'node:crypto'
import { GonogoError } from '../../contract/errors.ts'
import { canonicalJson } from '../../contract/json.ts'
import type { Parameter, Point, SweepSettings } from '../../contract/sweep.ts'
import { scrambled, sobol, sobolDimensions } from './sobol.ts'

type Range = Parameter['range']

/** Four digits are enough for a learning rate, and can be read. */
const written = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, Number(value.toPrecision(4))))

/** The value at `u` in [0, 1). */
const valueAt = (range: Range, u: number): unknown => {
  if (range.kind === 'values')
    return range.values[Math.min(range.values.length - 1, Math.floor(u * range.values.length))]
  const { kind, low, high, integer } = range
  const [from, to] = integer ? [low - 0.5, high + 0.5] : [low, high]
  const value =
    kind === 'linear' ? from + u * (to - from) : Math.exp(Math.log(from) + u * (Math.log(to) - Math.log(from)))
  return integer ? Math.min(high, Math.max(low, Math.round(value))) : written(value, low, high)
}

const gridValues = (range: Range): readonly unknown[] => {
  if (range.kind === 'values') return range.values
  const { kind, low, high, integer, points } = range
  const count = points ?? 2
  const values = Array.from({ length: count }, (_, i) => {
    const share = i / (count - 1)
    const value = kind === 'linear' ? low + share * (high - low) : low * (high / low) ** share
    return integer ? Math.round(value) : written(value, low, high)
  })
  return [...new Set(values)]
}

const exists = ({ when }: Parameter, point: Point): boolean =>
  [...when].every(([key, wanted]) =>
    Object.hasOwn(point, key) ? wanted.some((value) => canonicalJson(value) === canonicalJson(point[key])) : false,
  )

/** Those that others depend on before them; otherwise as written. */
const ordered = (parameters: readonly Parameter[]): Parameter[] => {
  const done: Parameter[] = []
  const isReady = ({ when }: Parameter) => [...when.keys()].every((key) => done.some((p) => p.key === key))
  while (done.length < parameters.length) {
    const next = parameters.find((p) => !done.includes(p) && isReady(p))
    if (next === undefined) return [...done, ...parameters.filter((p) => !done.includes(p))]
    done.push(next)
  }
  return done
}

const pointOf = (parameters: readonly Parameter[], value: (p: Parameter) => unknown): Point => {
  const point: Record<string, unknown> = {}
  for (const p of parameters) if (exists(p, point)) point[p.key] = value(p)
  return point
}

const gridPoints = (parameters: readonly Parameter[]): Point[] =>
  parameters.reduce<Point[]>(
    (all, p) =>
      all.flatMap((point) =>
        exists(p, point) ? gridValues(p.range).map((value) => ({ ...point, [p.key]: value })) : [point],
      ),
    [{}],
  )

/** Keyed by what it is for: a parameter more or less changes no other. */
const keyed = (...parts: readonly (string | number)[]): number =>
  createHash('sha256').update(parts.join('\n')).digest().readUInt32BE(0)

const unit = 2 ** 32

type Draw = (p: Parameter, index: number) => number

const randomDraw =
  (seed: number): Draw =>
  ({ key }, index) =>
    keyed(seed, key, index) / unit

const sobolDraw = (parameters: readonly Parameter[], seed: number): Draw => {
  const sequences = new Map(parameters.map(({ key }, at) => [key, { at: sobol(at), seed: keyed(seed, key) }]))
  return ({ key }, index) => {
    const sequence = sequences.get(key)!
    return scrambled(sequence.at(index), sequence.seed) / unit
  }
}

const tooFew = (seen: string, expected: string, advice: string): GonogoError =>
  new GonogoError('SWEEP_TRIALS', 'the space and the number of trials do not fit', { seen, expected, try: advice })

const drawn = (parameters: readonly Parameter[], count: number, draw: Draw): Point[] => {
  const found = new Map<string, Point>()
  // where choices are few, a sequence comes back to points that it has had
  for (let index = 0; found.size < count && index < 1000 + 64 * count; index++) {
    const point = pointOf(parameters, (p) => valueAt(p.range, draw(p, index)))
    const key = canonicalJson(point)
    if (!found.has(key)) found.set(key, point)
  }
  if (found.size === count) return [...found.values()]
  throw tooFew(`trials: ${count}; ${found.size} points differ`, `at most ${found.size} trials`, 'sampler: grid')
}

/** Throws SWEEP_TRIALS where the number of trials does not fit the space. */
export const sweepPoints = (all: readonly Parameter[], settings: SweepSettings): Point[] => {
  const parameters = ordered(all)
  const { sampler, trials, seed } = settings
  if (parameters.length === 0) {
    if (trials === null || trials === 1) return [{}]
    throw tooFew(`trials: ${trials}, and nothing that varies`, 'a space', 'space: { config.KEY: { values: […] } }')
  }
  if (sampler === 'grid') {
    const points = gridPoints(parameters)
    if (trials === null || trials >= points.length) return points
    throw tooFew(`trials: ${trials}`, `the ${points.length} points of the grid`, `trials: null, or sampler: sobol`)
  }
  if (trials === null) throw tooFew('no number of trials', `a number, which ${sampler} needs`, 'trials: 64')
  if (sampler === 'sobol' && parameters.length > sobolDimensions)
    throw tooFew(`${parameters.length} parameters`, `at most ${sobolDimensions} for sobol`, 'sampler: random')
  return drawn(parameters, trials, sampler === 'sobol' ? sobolDraw(parameters, seed) : randomDraw(seed))
}
