// O6: the learning rate over the whole run, without training: it does what is declared, and what its scheduler was built to do.
// Not whether the rate is a good one (O5, T2).
//
// What is declared: `schedule:` in the run file, and the end that a scheduler was built with (T_max, total_steps, milestones). One
// that was built for the run's epochs and is stepped for each batch, or for its steps and is stepped for each epoch, has the wrong unit;
// one that is stepped twice where it should be once arrives at half of the run. A rate that has vanished for a fifth of the run is a
// fault without any declaration. Cycles, restarts, plateaus, staircases and freezing of single groups are nobody's fault.
import type { ScheduleDeclared, ScheduleReport, StepRecord } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import { ratesPicture } from './pictures.ts'
import { type Curve, curveOf, headAtZero, lowestAfter, tailBelow, thinned } from './rates.ts'
import { wholeRun } from './whole.ts'

/** Of the peak: nothing is learnt any more; hardly anything is. */
const vanished = 1e-5
const faint = 1e-4
/** Share of the run at such a rate that no schedule means: cosines and polynomials get there in their last percents. */
const longTail = 0.2

export const o6 = define({
  code: 'O6',
  needs: ['schedule'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    // updates that the program writes by hand have a rate, too, and nobody sees it
    if (context.facts.optimizers.length === 0) return skipped('there is no optimizer whose rate could be seen')
    const { schedule, records } = await wholeRun(context)
    if (schedule === null) return skipped('the rates of the whole run cannot be told')
    const judged = judgeSchedule({
      report: schedule,
      updates: updatesPerStep(records),
      stepsPerEpoch: context.plan.stepsPerEpoch,
      declared: context.plan.run.schedule ?? {},
      config: context.plan.run.config,
      where: placeOf(context.facts, 'optimizer', 'optimizers', 'setup', 'train_step'),
      given: context.facts.optimizers.flatMap(({ learningRates }) => learningRates),
    })
    return { ...judged, pictures: [ratesPicture(curveOf(schedule).points, context.plan.run.schedule?.peak)] }
  },
})

/** Updates that one optimizer makes in one step, at most. */
const updatesPerStep = (records: readonly StepRecord[]): number =>
  Math.max(
    1,
    ...records.map(({ updates }) => {
      const applied = updates.filter(({ outcome }) => outcome === 'applied').map(({ optimizer }) => optimizer)
      return Math.max(0, ...applied.map((name) => applied.filter((other) => other === name).length))
    }),
  )

export type Asked = {
  readonly report: ScheduleReport
  readonly updates: number
  readonly stepsPerEpoch: number
  readonly declared: ScheduleDeclared
  readonly config: Readonly<Record<string, unknown>>
  readonly where: string | null
  /** Rates that the optimizers were given, before any schedule. */
  readonly given?: readonly number[]
}

type Judged = Asked & { readonly curve: Curve; readonly epochs: number; readonly found: Found }
type Found = Parameters<typeof noGo>[2]

export const judgeSchedule = (asked: Asked): Outcome => {
  const { report, stepsPerEpoch, where } = asked
  const curve = curveOf(report)
  const epochs = report.steps / Math.max(1, stepsPerEpoch)
  const shown = thinned(curve)
  const found = {
    seen: `rate ${number(curve.first)} at step 1, ${number(curve.peak)} at step ${curve.peakAt}, ${number(curve.last)} at step ${curve.points.at(-1)?.step ?? 0} of ${report.steps}`,
    expected: expectedOf(asked),
    where,
    evidence: {
      steps: report.steps,
      epochs,
      peak: curve.peak,
      peakAt: curve.peakAt,
      first: curve.first,
      last: curve.last,
      schedulers: report.schedulers.map(({ name, kind }) => `${name}: ${kind}`),
      curveSteps: shown.map(({ step }) => step),
      curveRates: shown.map(({ rate }) => rate),
    },
  }
  const judged: Judged = { ...asked, curve, epochs, found }
  if (report.refused)
    return noGo('schedule-stepped-too-often', `the scheduler refuses step ${report.refused.step} of ${report.steps}`, {
      ...found,
      seen: report.refused.message,
      alternatives: ['schedule-unit-wrong', 'schedule-stepped-twice'],
      advice: 'build it for as many steps as it gets: self.steps, once for each update',
    })
  if (report.doubt) return skipped(`the rates of the whole run are not known: ${report.doubt}`)
  const fault =
    unlikeDeclared(judged) ??
    unlikeBuilt(judged) ??
    vanishing(judged) ??
    fading(judged) ??
    rising(judged) ??
    squared(judged)
  if (fault) return fault
  const trend = curve.points.every(({ rate }) => rate === curve.peak) ? 'constant' : `peak at step ${curve.peakAt}`
  return go(`learning rate over ${plural(report.steps, 'step')}: ${trend}, ${number(curve.peak)}`, found)
}

const expectedOf = ({ declared }: Asked): string => {
  const parts = [
    ...(declared.peak === undefined ? [] : [`peak ${number(declared.peak)}`]),
    ...(declared.warmup === undefined
      ? []
      : [`warm-up ${Object.values(declared.warmup)[0]} ${Object.keys(declared.warmup)[0]}`]),
    ...(declared.end === undefined ? [] : [`end ${number(declared.end)}`]),
  ]
  return parts.length > 0 ? `${parts.join(', ')}: schedule in the run file` : 'a rate above zero for most of the run'
}

const unlikeDeclared = ({ declared, report, stepsPerEpoch, curve, found }: Judged): Outcome | null => {
  const { peak, warmup, end } = declared
  const unlike = (what: string) =>
    noGo('schedule-unlike-declared', `the learning rate’s ${what} is not the declared one`, {
      ...found,
      advice: 'mend the schedule, or correct schedule in the run file',
    })
  if (peak !== undefined && Math.abs(curve.peak - peak) > 0.01 * peak) return unlike('peak')
  if (warmup !== undefined) {
    const [count = 0] = Object.values(warmup)
    const steps = count * ('epochs' in warmup ? stepsPerEpoch : 'share' in warmup ? report.steps : 1)
    const spacing = report.steps / Math.max(1, curve.points.length)
    const rising = curve.first < 0.99 * curve.peak
    // whether the first step counts, and whether rates are set once an epoch, is a matter of taste
    const slack = Math.max(2, 0.1 * steps, spacing, 'epochs' in warmup ? stepsPerEpoch : 0)
    const seen = rising ? curve.peakAt - 1 : 0
    if (Math.abs(seen - steps) > slack) return unlike('warm-up')
  }
  if (end !== undefined && Math.abs(curve.last - end) > 0.01 * curve.peak) return unlike('end')
  return null
}

/** What each scheduler was built for, against how often it is stepped. */
const unlikeBuilt = ({ report, updates, stepsPerEpoch, curve, epochs, found }: Judged): Outcome | null => {
  for (const { name, kind, end, perStep, perEpoch, detached } of report.schedulers) {
    const total = perStep * report.steps + perEpoch * Math.floor(epochs)
    const built = end === null ? '' : `, built for ${end} steps`
    const seen = `${name} (${kind}${built}) gets ${Math.round(total)} over the run: ${number(perStep)} a step, ${number(perEpoch)} at each epoch’s end; ${found.seen}`
    const evidence = { ...found.evidence, scheduler: name, built: end, gets: total, perStep, perEpoch }
    if (detached)
      return noGo('schedule-never-stepped', `${name} moves the rates of an optimizer that is not used`, {
        ...found,
        seen: `${name} (${kind}) belongs to another optimizer over the same parameters; ${found.seen}`,
        evidence,
        expected: 'a scheduler that was made for the optimizer that steps',
        advice:
          'make the optimizer first, and the scheduler from it; an optimizer that is made anew needs a new scheduler',
      })
    const fits = end !== null && Math.abs(total - end) <= Math.max(1, 0.02 * end)
    const level = end !== null && total > 1.5 * end ? noGo : warn
    const where = { ...found, seen, evidence }
    const often = Math.max(perStep / updates, perEpoch)
    if (often >= 2 && !fits)
      return level(
        'schedule-stepped-twice',
        `${name} is stepped ${often === 2 ? 'twice' : `${number(often)} times`} where it should be once`,
        {
          ...where,
          expected: perStep > perEpoch ? 'one step for each update' : 'one step for each epoch',
          advice: 'call scheduler.step() in one place',
        },
      )
    if (end !== null && stepsPerEpoch >= 2 && !fits) {
      const perBatch = perStep > 0 && Math.abs(end - epochs) <= 1 && total >= 2 * end && report.steps >= 2 * end
      const milestones = kind.startsWith('MultiStep') && perStep > 0 && end <= epochs && total >= 4 * end
      if ((perBatch || milestones) && lowestAfter(curve, end / Math.max(perStep, 1e-9)) < 0.5 * curve.peak)
        return noGo('schedule-unit-wrong', `${name} counts epochs and is stepped for each batch`, {
          ...where,
          expected: `${end} steps, one for each of ${number(epochs)} epochs`,
          alternatives: ['schedule-stepped-too-often'],
          advice: 'step it in on_epoch_end(), or build it for self.steps',
        })
      const perRun = perStep === 0 && perEpoch > 0 && Math.abs(end - report.steps) <= 0.02 * report.steps
      if (perRun && total <= end / 2)
        return noGo('schedule-unit-wrong', `${name} counts batches and is stepped for each epoch`, {
          ...where,
          expected: `${end} steps, one for each of ${report.steps}`,
          advice: 'step it after each update, or build it for the epochs of the run',
        })
    }
    if (kind === 'CosineAnnealingLR' && end !== null && perStep > 0 && 2 * end <= stepsPerEpoch && total >= 4 * end)
      return warn('schedule-unit-wrong', `${name} goes up and down every ${plural(2 * end, 'step')}`, {
        ...where,
        expected: 'one way down, as long as the run: a restart has a scheduler of its own, CosineAnnealingWarmRestarts',
        alternatives: ['schedule-stepped-too-often'],
        advice: 'step it in on_epoch_end(), or build it for self.steps',
      })
    if (perStep === 0 && perEpoch === 0 && !/plateau/i.test(kind) && epochs >= 1)
      return warn('schedule-never-stepped', `${name} is never stepped`, {
        ...where,
        seen: `${name} (${kind}): 0 steps in a training step and at an epoch’s end; ${found.seen}`,
        expected: 'a step for each update, or for each epoch',
        advice: 'call scheduler.step() after optimizer.step()',
      })
    if (end !== null && total > 0 && total < 0.5 * end && kind !== 'MultiStepLR')
      return warn(
        'schedule-unlike-declared',
        `${name} stops at ${number((100 * total) / end)}% of what it was built for`,
        {
          ...where,
          expected: `${end} steps`,
          advice: 'build it for the length of the run: self.steps',
        },
      )
  }
  return null
}

/** A rate is given, and its square is reached: the schedule has multiplied it with itself. Of 0.1 the square is a plain tenth. */
const squared = ({ curve, found, given = [], report }: Judged): Outcome | null => {
  const rate = Math.max(0, ...given)
  if (rate <= 0 || rate >= 0.1 || report.steps < 20 || Math.abs(curve.peak - rate ** 2) > 0.02 * rate ** 2) return null
  return warn('learning-rate-out-of-range', 'the learning rate is the square of the one that the optimizer was given', {
    ...found,
    seen: `the optimizer was given ${number(rate)}; ${found.seen}`,
    expected: 'a schedule that reaches the rate, or says why not',
    alternatives: ['learning-rate-vanishes'],
    advice: 'the function of a LambdaLR returns a factor, not a rate: 1 is the whole rate',
  })
}

const vanishing = ({ report, curve, config, stepsPerEpoch, epochs, found }: Judged): Outcome | null => {
  if (curve.peak === 0)
    return noGo('learning-rate-vanishes', 'the learning rate is 0 for the whole run', {
      ...found,
      advice: 'set a learning rate above zero',
    })
  const head = headAtZero(curve)
  if (head >= stepsPerEpoch && stepsPerEpoch >= 2 && epochs >= 2)
    return noGo(
      'learning-rate-vanishes',
      `the learning rate is 0 for the first ${plural(Math.floor(head / stepsPerEpoch), 'epoch')}`,
      {
        ...found,
        seen: `0 for ${head} steps; ${found.seen}`,
        advice: 'begin the warm-up at (epoch + 1) / epochs of the warm-up, not at epoch / epochs',
      },
    )
  const risen = curve.points.find(({ rate }) => rate > 0)
  if (head >= 2 && report.steps >= 20 && risen && risen.rate >= 0.9 * curve.peak)
    return warn(
      'learning-rate-vanishes',
      `the learning rate is 0 for the first ${plural(head, 'step')}, and whole at once`,
      {
        ...found,
        seen: `0 until step ${head}, ${number(risen.rate)} at step ${risen.step}; ${found.seen}`,
        alternatives: ['warm-up-missing'],
        advice: 'a warm-up that divides whole numbers (//) is 0 until it is 1: divide with /',
      },
    )
  if (report.steps >= 20) {
    const gone = tailBelow(curve, vanished * curve.peak)
    if (gone >= longTail * report.steps)
      return noGo(
        'learning-rate-vanishes',
        `the learning rate has vanished for the last ${number((100 * gone) / report.steps)}% of the run`,
        {
          ...found,
          seen: `under ${vanished} of its peak from step ${report.steps - gone + 1} on; ${found.seen}`,
          alternatives: ['schedule-unit-wrong', 'schedule-stepped-too-often'],
          advice: 'step the scheduler as often as it was built for: for each epoch, or for each update',
        },
      )
    const pale = tailBelow(curve, faint * curve.peak)
    if (pale >= longTail * report.steps || (tailBelow(curve, 0) >= stepsPerEpoch && epochs >= 3))
      return warn('learning-rate-vanishes', `the learning rate is all but zero for the last ${plural(pale, 'step')}`, {
        ...found,
        advice: 'let the schedule end with the run',
      })
  }
  const key = Object.entries(config).find(([name, value]) => isWarmUp(name) && typeof value === 'number' && value > 0)
  if (key && curve.first >= 0.999 * curve.peak && report.steps >= 20)
    return warn('warm-up-missing', `${key[0]} is ${key[1]}, and the learning rate does not warm up`, {
      ...found,
      expected: `a rate that rises from below its peak: config.${key[0]}`,
      advice: `use config.${key[0]} in the schedule, or drop it`,
    })
  return null
}

/** A factor that somebody wrote for an epoch, 0.9 or 0.95, and that halves the rate within the first of several. One that a run's length gave is not round. */
const fading = ({ report, stepsPerEpoch, curve, epochs, found }: Judged): Outcome | null => {
  const fades = report.schedulers.find(({ kind, perStep }) => kind === 'ExponentialLR' && perStep === 1)
  const [begin, next] = curve.points
  const later = curve.points.find(({ step }) => step > stepsPerEpoch)
  if (!fades || !begin || !next || !later || epochs < 2 || stepsPerEpoch < 4 || later.rate >= 0.5 * begin.rate)
    return null
  const factor = 100 * (next.rate / begin.rate) ** (1 / (next.step - begin.step))
  if (Math.abs(factor - Math.round(factor)) > 1e-6) return null
  return warn('schedule-unit-wrong', `${fades.name} halves the rate within the first of ${number(epochs)} epochs`, {
    ...found,
    seen: `${fades.name} (ExponentialLR) is stepped for each batch, ${number(factor / 100)} times the rate each: ${number(begin.rate)} at step 1, ${number(later.rate)} at step ${later.step}; ${found.seen}`,
    expected: 'a step for each epoch, or a factor as near to 1 as the run is long',
    alternatives: ['schedule-stepped-too-often', 'learning-rate-vanishes'],
    advice: 'step it in on_epoch_end()',
  })
}

/** The rate rises, step by step or epoch by epoch, and the run is over: a warm-up that is counted in another unit. A search for a rate looks the same, so it only warns. */
const rising = ({ report, curve, declared, epochs, stepsPerEpoch, found }: Judged): Outcome | null => {
  const { points, first, last, peak, peakAt } = curve
  const climbs = points.every(({ rate }, i) => i === 0 || rate >= (points[i - 1]?.rate ?? 0))
  if (declared.warmup !== undefined || report.steps < 20 || !climbs) return null
  const lastEpoch = epochs >= 3 ? (Math.ceil(epochs) - 1) * stepsPerEpoch : report.steps
  if (peakAt < Math.min(0.9 * report.steps, lastEpoch) || first > 0.5 * peak || last < 0.99 * peak) return null
  return warn('schedule-unit-wrong', 'the learning rate only rises: the whole run is a warm-up', {
    ...found,
    expected: 'a warm-up that ends before the run does',
    alternatives: ['schedule-unlike-declared', 'learning-rate-vanishes'],
    advice: 'count the warm-up in the unit that the schedule takes: steps, epochs or a share of the run',
  })
}

/** Keys by which people call the warm-up of the learning rate, and nothing else. */
const isWarmUp = (name: string): boolean =>
  /^(num_|lr_|learning_rate_|linear_|schedule_|scheduler_)*warm_?up(_(steps?|epochs?|iters?|iterations?|ratio|fraction|share|proportion|batches))?$/.test(
    name.toLowerCase(),
  )
