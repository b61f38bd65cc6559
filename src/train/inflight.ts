// What goes on after the preflight: samples and memory of the run itself, as its records tell of them. Warns, once of each thing;
// it never ends a run. Not the look at a sample, which is the engine's, nor the checks before the run.
import { totalmem } from 'node:os'
import type { InFlight, Plan, RunEvent, RunEventOf, StepRecord } from '../contract/index.ts'

type Warning = RunEventOf<'warned'>

/** Fewer common inputs may be a coincidence; and how much more than among training samples themselves they have to be. */
const fewest = 5
const clearly = 3
/** Samples with values that are no numbers: rarer than this they were not meant. */
const rare = 1e-3
/** Points of the resident set that are kept; when they are full, every second one goes. */
const points = 64
/** Growth below this is what allocators and caches do. */
const grown = 256 * 2 ** 20

export class Watching {
  readonly #plan: Pick<Plan, 'steps' | 'run' | 'data'>
  readonly #told = new Set<string>()
  #seen: InFlight | null = null
  #memory: { readonly step: number; readonly rss: number }[] = []
  #stride = 1
  #groups = 0

  constructor(plan: Pick<Plan, 'steps' | 'run' | 'data'>) {
    this.#plan = plan
  }

  /** A group of records; what has to be said of it. */
  add(records: readonly StepRecord[]): Warning[] {
    const last = records.at(-1)
    if (last === undefined) return []
    this.#seen = last.inFlight ?? this.#seen
    const found = last.inFlight ? [this.#overlap(last.inFlight), this.#notFinite(last.inFlight)] : []
    return [...found, this.#climb(last)].filter((one) => one !== null)
  }

  /** What looking has come to; null where nothing was looked at. */
  ended(step: number): RunEvent | null {
    return this.#seen && this.#seen.looked > 0 ? { type: 'watched', step, seen: this.#seen } : null
  }

  #once(code: string, message: string): Warning | null {
    if (this.#told.has(code)) return null
    this.#told.add(code)
    return { type: 'warned', code, message }
  }

  /** As D3: more than chance explains, which makes twins within training as well, and more than the run file allows. */
  #overlap(seen: InFlight): Warning | null {
    const { preflight } = this.#plan.run
    const whole = this.#plan.data.find(({ split }) => split === 'train')?.samples ?? 0
    if (!overlaps(seen, whole, preflight.overlap)) return null
    return this.#once(
      'D3_IN_FLIGHT',
      `validation samples are also trained on: ${seen.common} of ${seen.looked} training samples that were looked at${seen.commonAt === null ? '' : `, as train ${seen.commonAt}`}, are among ${seen.validation} inputs of validation; ${seen.twins} of them have a twin in training`,
    )
  }

  #notFinite({ notFinite, looked, notFiniteAt }: InFlight): Warning | null {
    if (notFinite === 0 || looked < 1 / rare || notFinite > rare * looked) return null
    return this.#once(
      'D8_IN_FLIGHT',
      `${notFinite} of ${looked} training inputs that were looked at hold NaN or infinity${notFiniteAt === null ? '' : `, as sample ${notFiniteAt}`}`,
    )
  }

  /** As M1, over the run itself: what is resident rises in every quarter, and would fill the machine before the end. */
  #climb({ step, memory }: StepRecord): Warning | null {
    if (memory?.rss === undefined || memory.rss === null || this.#groups++ % this.#stride !== 0) return null
    this.#memory.push({ step, rss: memory.rss })
    if (this.#memory.length < points) return null
    const would = projected(this.#memory, this.#plan.steps)
    this.#memory = this.#memory.filter((_, i) => i % 2 === 1)
    this.#stride *= 2
    if (would === null || would < totalmem()) return null
    return this.#once(
      'M1_IN_FLIGHT',
      `memory grows with the steps: ${gibibytes(memory.rss)} now, ${gibibytes(would)} by the end of the run, where the machine has ${gibibytes(totalmem())}`,
    )
  }
}

const gibibytes = (bytes: number): string => `${Number((bytes / 2 ** 30).toPrecision(3))} GiB`

/** `whole`: samples of the training set; `allowed`: share of validation that may be in it. */
export const overlaps = (seen: InFlight, whole: number, allowed: number): boolean => {
  const { looked, common, distinct, validation, pairs, twins } = seen
  if (distinct < fewest || looked === 0 || validation === 0 || pairs === 0) return false
  // validation inputs that would have been met, had all of training been looked at
  const share = (distinct / validation) * Math.max(1, whole / looked)
  if (Math.min(1, share) <= allowed) return false
  // chance makes as many pairs with any other inputs: those of training stand for them
  const chance = (twins / pairs) * validation
  const error = (Math.sqrt(Math.max(twins, 1)) / pairs) * validation
  return common / looked > Math.max(clearly * chance, chance + clearly * error)
}

/** The resident set at the end of the run, where it has risen in each quarter of the points; else null. */
export const projected = (
  memory: readonly { readonly step: number; readonly rss: number }[],
  steps: number,
): number | null => {
  const size = Math.floor(memory.length / 4)
  const quarters = [0, 1, 2, 3].map((place) => {
    const part = memory.slice(place * size, (place + 1) * size)
    return { step: median(part.map(({ step }) => step)), rss: median(part.map(({ rss }) => rss)) }
  })
  const [first, second, third, last] = quarters
  if (!first || !second || !third || !last || last.step <= third.step) return null
  if (!(first.rss < second.rss && second.rss < third.rss && third.rss < last.rss)) return null
  if (last.rss - first.rss < grown) return null
  // the later half alone: caches fill and are full
  const slope = (last.rss - second.rss) / (last.step - second.step)
  return last.rss + slope * Math.max(0, steps - last.step)
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
