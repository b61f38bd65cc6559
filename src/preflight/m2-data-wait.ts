// M2: training waits for its data less than half of the time.
// Not how fast a step is, nor how the data are made.
//
// From live steps of the uncut run, the first few left out: loaders start then. Only a wait that would cost the run minutes is
// worth a word, and it is never more than a warning.
import { define, go, number, placeOf, skipped, warn } from './check.ts'
import { median } from './slope.ts'
import { wholeRun } from './whole.ts'

const settling = 3
const fewest = 10
/** Share of the time, and seconds over the run. */
const much = 0.5
const matters = 60

export const m2 = define({
  code: 'M2',
  needs: [],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const records = (await wholeRun(context)).records.slice(settling)
    if (records.length < fewest) return skipped(`${records.length} timed steps: too few to tell`)
    const wait = records.reduce((sum, record) => sum + record.wait, 0)
    const share = wait / records.reduce((sum, record) => sum + record.wait + record.seconds, 0)
    const lost = (wait / records.length) * context.plan.steps
    const workers = context.facts.loading?.workers ?? null
    const found = {
      seen: `${number(Number((100 * share).toPrecision(2)))}% of the time of ${records.length} steps; a batch comes after ${number(1000 * median(records.map((record) => record.wait)))} ms, a step takes ${number(1000 * median(records.map(({ seconds }) => seconds)))} ms`,
      expected: `under ${100 * much}%, or under ${matters} s over the run`,
      evidence: { share, secondsLost: lost, steps: records.length, workers },
    }
    if (share > much && lost > matters)
      return warn('waits-for-data', `training waits for its data ${Math.round(100 * share)}% of the time`, {
        ...found,
        where: placeOf(context.facts, 'data', 'datasets', 'setup'),
        advice: workers === 0 ? 'let worker processes make the batches' : 'more workers, or cheaper decoding',
      })
    return go(`training waits for its data ${Math.round(100 * share)}% of the time`, found)
  },
})
