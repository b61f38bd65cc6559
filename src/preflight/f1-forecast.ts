// F1: what the whole run will take, from its first steps, one evaluation and one save: time, disk, memory, energy, money, carbon.
// Not what a run may still use while it runs: stop.budget ends it.
//
// NO-GO only where `budget:` in the run file is exceeded: by the forecast itself where what it rests on was measured, and by the whole
// of its interval where the power is a rule of thumb. The upper end above a budget warns, and so does a disk that is too full already.
import { statfs } from 'node:fs/promises'
import type { Allowance, Picture } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, skipped, warn } from './check.ts'
import { type Forecast, forecastOf, type Interval, type Measured } from './forecast.ts'
import { forecastPicture } from './pictures.ts'
import type { Power } from './power.ts'
import { type Whole, wholeRun } from './whole.ts'

/** The first steps compile, allocate and start loaders. */
const settling = 3

export const f1 = define({
  code: 'F1',
  needs: [],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const whole = await wholeRun(context)
    if (whole.records.length === 0) return skipped('no step could be timed')
    const measured = measuredOf(whole, context.facts.samples.val ?? 0)
    const forecast = forecastOf(context.plan, measured)
    const free = await freeBytes(context.plan.folder)
    const circumstances = { budget: context.plan.run.budget ?? {}, power: whole.power, free }
    return { ...judgeForecast(forecast, circumstances), pictures: [pictureOf(forecast, circumstances)] }
  },
})

const pictureOf = (forecast: Forecast, circumstances: Circumstances): Picture => {
  const { seconds, diskBytes, memoryBytes, deviceBytes, kilowattHours } = forecast
  const limits = new Map(limitsOf(forecast, circumstances).map((limit) => [limit.what, limit]))
  const row = (name: string, interval: ReturnType<typeof exactly>, words: (value: number) => string) => {
    const { limit = null } = limits.get(name) ?? {}
    limits.delete(name)
    return { name, interval, limit, words }
  }
  const rows = [
    row('time', seconds, clock),
    row('disk', exactly(diskBytes), size),
    ...(memoryBytes === null ? [] : [row('memory', exactly(memoryBytes), size)]),
    ...(deviceBytes === null ? [] : [row('device memory', exactly(deviceBytes), size)]),
    row('energy', kilowattHours, energy),
  ]
  const others = [...limits.values()].map(({ what, expected, limit, words }) => ({
    name: what,
    interval: expected,
    limit,
    words,
  }))
  return forecastPicture([...rows, ...others])
}

const measuredOf = ({ records, elapsed, evaluation, save, power }: Whole, valSamples: number): Measured => {
  const steady = records.length > 2 * settling ? records.slice(settling) : records
  const last = records.flatMap(({ memory }) => memory ?? [])
  const largest = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null)
    return known.length > 0 ? Math.max(...known) : null
  }
  return {
    steps: steady.map(({ seconds, wait }) => seconds + wait),
    wall: records.length > 4 * settling && elapsed > 0.2 ? elapsed / (records.length - 1) : null,
    perSample: evaluation && evaluation.samples > 0 ? evaluation.seconds / evaluation.samples : null,
    valSamples,
    save,
    rss: largest(last.map(({ rss }) => rss)),
    device: largest(last.map(({ peak }) => peak)),
    watts: power.watts,
    metered: power.measured.length > 0,
  }
}

const freeBytes = async (folder: string): Promise<number | null> => {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

/** 1:02:03, or 0:34. */
export const clock = (seconds: number): string => {
  const whole = Math.round(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${number(Number((bytes / 1e9).toPrecision(3)))} GB`
    : `${number(Number((bytes / 1e6).toPrecision(3)))} MB`

const energy = (kilowattHours: number): string =>
  kilowattHours >= 0.1
    ? `${number(Number(kilowattHours.toPrecision(2)))} kWh`
    : `${number(Number((1000 * kilowattHours).toPrecision(2)))} Wh`

type Circumstances = {
  readonly budget: Allowance
  readonly power: Power
  /** Bytes free where the run will lie. */
  readonly free: number | null
}

type Limit = {
  readonly what: string
  readonly expected: Interval
  readonly limit: number
  readonly words: (value: number) => string
  /** It rests on a rule of thumb. */
  readonly rough: boolean
}

const exactly = (value: number): Interval => ({ low: value, middle: value, high: value })
const scaled = ({ low, middle, high }: Interval, by: number): Interval => ({
  low: low * by,
  middle: middle * by,
  high: high * by,
})

const limitsOf = (forecast: Forecast, { budget, power }: Circumstances): Limit[] => {
  const { seconds, diskBytes, memoryBytes, kilowattHours } = forecast
  const { minutes, disk_gigabytes, memory_gigabytes, kilowatt_hours, cost, carbon } = budget
  const rough = power.measured.length === 0
  const money = cost && moneyOf(forecast, cost)
  const co2 = carbon && scaled(kilowattHours, carbon.grams_per_kilowatt_hour / 1000)
  return [
    ...(minutes === undefined
      ? []
      : [{ what: 'time', expected: seconds, limit: 60 * minutes, words: clock, rough: false }]),
    ...(disk_gigabytes === undefined
      ? []
      : [{ what: 'disk', expected: exactly(diskBytes), limit: 1e9 * disk_gigabytes, words: size, rough: false }]),
    ...(memory_gigabytes === undefined || memoryBytes === null
      ? []
      : [{ what: 'memory', expected: exactly(memoryBytes), limit: 1e9 * memory_gigabytes, words: size, rough: false }]),
    ...(kilowatt_hours === undefined
      ? []
      : [{ what: 'energy', expected: kilowattHours, limit: kilowatt_hours, words: energy, rough }]),
    ...(cost && money
      ? [
          {
            what: 'money',
            expected: money,
            limit: cost.limit,
            words: number,
            rough: rough && cost.per_kilowatt_hour > 0,
          },
        ]
      : []),
    ...(carbon && co2
      ? [
          {
            what: 'carbon dioxide',
            expected: co2,
            limit: carbon.kilograms,
            words: (kg: number) => `${number(kg)} kg`,
            rough,
          },
        ]
      : []),
  ]
}

const moneyOf = (
  { seconds, kilowattHours }: Forecast,
  { per_hour, per_kilowatt_hour }: NonNullable<Allowance['cost']>,
): Interval => {
  const of = (key: keyof Interval) => (seconds[key] / 3600) * per_hour + kilowattHours[key] * per_kilowatt_hour
  return { low: of('low'), middle: of('middle'), high: of('high') }
}

export const judgeForecast = (forecast: Forecast, circumstances: Circumstances): Outcome => {
  const { seconds, diskBytes, memoryBytes, deviceBytes, kilowattHours } = forecast
  const { budget, power, free } = circumstances
  const limits = limitsOf(forecast, circumstances)
  const how = power.measured.length > 0 ? `measured at the ${power.measured.join(' and the ')}` : 'a rule of thumb'
  const memory = [
    ...(memoryBytes === null ? [] : [`${size(memoryBytes)} of memory`]),
    ...(deviceBytes === null ? [] : [`${size(deviceBytes)} of the device’s`]),
  ]
  const parts = [`${size(diskBytes)} on disk`, ...memory, `${energy(kilowattHours.middle)} (${how})`]
  const shown = {
    seen: `${clock(seconds.middle)} (${clock(seconds.low)}–${clock(seconds.high)}); ${parts.join(', ')}`,
    expected:
      limits.length === 0
        ? 'no budget is declared'
        : limits.map(({ what, limit, words }) => `${what} at most ${words(limit)}`).join(', ') +
          ': budget in the run file',
    evidence: {
      seconds: seconds.middle,
      secondsLow: seconds.low,
      secondsHigh: seconds.high,
      diskBytes,
      memoryBytes,
      deviceBytes,
      kilowattHours: kilowattHours.middle,
      kilowattHoursLow: kilowattHours.low,
      kilowattHoursHigh: kilowattHours.high,
      watts: power.watts,
      powerMeasured: [...power.measured],
      cost: budget.cost ? moneyOf(forecast, budget.cost).middle : null,
      carbonKilograms: budget.carbon ? (kilowattHours.middle * budget.carbon.grams_per_kilowatt_hour) / 1000 : null,
      stepSeconds: forecast.stepSeconds,
      evaluations: forecast.evaluations,
      checkpoints: forecast.checkpoints,
    },
  }
  const words = ({ what, expected, words: say, limit }: Limit) =>
    `${what} ${say(expected.middle)}${expected.low < expected.high ? ` (${say(expected.low)}–${say(expected.high)})` : ''}, budget ${say(limit)}`
  const over = limits.find(({ expected, limit, rough }) => (rough ? expected.low : expected.middle) > limit)
  if (over)
    return noGo('over-budget', `the run will take more ${over.what} than its budget`, {
      ...shown,
      seen: `${words(over)}; ${shown.seen}`,
      advice: 'shorten train.length, make the step cheaper, or raise the budget',
    })
  const near = limits.find(({ expected, limit }) => expected.high > limit)
  if (near)
    return warn('over-budget', `the run may take more ${near.what} than its budget`, {
      ...shown,
      seen: `${words(near)}; ${shown.seen}`,
      advice: 'leave some room in the budget, or shorten train.length',
    })
  if (free !== null && diskBytes > free)
    return warn('over-budget', 'the run will need more disk than there is', {
      ...shown,
      seen: `${size(diskBytes)} needed, ${size(free)} free; ${shown.seen}`,
      expected: 'room for the checkpoints that checkpoint.keep holds',
      advice: 'keep fewer checkpoints, or clear the disk',
    })
  return go(`forecast ${shown.seen}`, shown)
}
