// M1: memory does not grow with the steps: no step keeps its graph, and what is resident does not climb to the machine's limit.
// Not how much memory a run needs (F1).
//
// A step that keeps its loss keeps the whole graph behind it. The operations of all graphs that live tensors hold are counted at
// the end of several epochs; a correct program holds as many after the last as after the first. NO-GO where every epoch adds some
// for each of its steps, and some hundred steps on still does. Graphs that are held and let go later are a warning. The resident set is noisy over
// a few steps: only a slope that would fill the machine before the run ends is warned of.
import { totalmem } from 'node:os'
import type { StepRecord, TrainProbe } from '../contract/index.ts'
import { define, go, noGo, number, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate, frozenSize } from './cycle.ts'
import { theilSen } from './slope.ts'
import type { Trial } from './trial.ts'

const blocks = 3
/** Steps between two more looks at what seems to be kept for good, how many at most, and how long. */
const longer = 40
const longest = 600
const seconds = 5
/** Bytes a step. Below it, what an allocator takes while it settles looks the same. */
export const leastSlope = 64 * 1024

export const m1 = define({
  code: 'M1',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    const epoch = Math.max(2, Math.min(16, context.limit.trainBatches ?? 16))
    // frozen batches end no epoch, so whatever is kept, for an epoch or for good, shows at once
    const frozen = context.can('frozenBatch')
      ? { batch: { frozen: frozenSize(context) }, learningRate: baseRate(context) }
      : {}
    const counts = await counted(trial, epoch, frozen)
    if (counts === null) return skipped('the system tells nothing about the memory of a process')
    const within = growth(counts.map(({ graphs }) => graphs))
    await trial.restore('initial')
    const suspicious = within !== null && within >= epoch && (blocks + 1) * epoch <= context.plan.steps
    const live = suspicious ? await counted(trial, epoch, {}) : null
    const kept = live && growth(live.map(({ graphs }) => graphs))
    // a list that is printed and emptied every hundred steps grows until then
    const letGo = kept !== null && kept >= epoch ? await fallsAgain(context, trial, live?.at(-1)?.graphs ?? 0) : null
    await trial.restore('initial')
    const evidence = {
      steps: counts.length * epoch,
      graphs: (live ?? counts).map(({ graphs }) => graphs),
      rss: counts.map(({ rss }) => rss),
      allocated: counts.map(({ allocated }) => allocated),
    }
    const where = placeOf(context.facts, 'train_step', 'loss', 'setup')
    if (letGo !== null)
      return warn('graph-retained', `graphs stay alive for up to ${letGo} steps`, {
        seen: `${number((kept ?? 0) / epoch)} operations a step stay alive after it, until some steps later`,
        expected: 'a step’s graph ends with the step',
        where,
        evidence,
        advice: 'keep loss.item() or loss.detach(), not the loss itself',
      })
    if (kept !== null && kept >= epoch)
      return noGo('graph-retained', 'every step keeps its graph: memory grows until it is full', {
        seen: `${number(kept / epoch)} operations a step stay alive after it; ${evidence.graphs.join(', ')} after each ${epoch} steps`,
        expected: 'as many after the last steps as after the first',
        where,
        evidence,
        advice: 'keep loss.item() or loss.detach(), not the loss itself',
      })
    if (within !== null && within >= epoch)
      return warn('graph-retained', `graphs stay alive until the epoch ends, ${context.plan.stepsPerEpoch} steps`, {
        seen: `${number(within / epoch)} operations a step stay alive after it`,
        expected: 'a step’s graph ends with the step',
        where,
        evidence,
        advice: 'keep loss.item() or loss.detach(), not the loss itself',
      })
    const slope = climbing(counts, epoch)
    const would = slope * context.plan.steps
    if (slope > leastSlope && would > 0.9 * totalmem())
      return warn('memory-grows', 'memory grows with every step', {
        seen: `${number(slope / 1024)} KiB a step, ${number(would / 2 ** 30)} GiB over the run`,
        expected: `less than the machine’s ${number(totalmem() / 2 ** 30)} GiB`,
        where,
        evidence: { ...evidence, slope },
        advice: 'look for a list that every step appends to',
      })
    return go(`memory does not grow with the steps`, {
      seen: `${evidence.steps} steps: ${graphsIn(counts)}resident ${number((counts.at(-1)?.rss ?? 0) / 2 ** 20)} MiB at the end`,
      expected: 'no graph outlives its step, and no climb that fills the machine',
      evidence,
    })
  },
})

export type Count = { readonly graphs: number | null; readonly rss: number | null; readonly allocated: number | null }

const graphsIn = (counts: readonly Count[]): string => {
  const last = counts.at(-1)?.graphs ?? null
  return last === null ? '' : `${last} operations held, `
}

/** After each of several blocks of so many steps; what the first one sets up does not count. */
const counted = async (trial: Trial, steps: number, probe: Omit<TrainProbe, 'steps'>): Promise<Count[] | null> => {
  const counts: Count[] = []
  for (let i = 0; i <= blocks; i++) {
    const memory = ((await trial.steps({ ...probe, steps, census: true })).at(-1) as StepRecord | undefined)?.memory
    if (!memory || (memory.rss === null && memory.allocated === null)) return null
    const { graphs = null, rss, allocated } = memory
    counts.push({ graphs, rss, allocated })
  }
  return counts.slice(1)
}

/** Live steps on, until fewer operations are held than before; how many steps that took, or null. */
const fallsAgain = async (context: Context, trial: Trial, held: number): Promise<number | null> => {
  const began = performance.now()
  let before = held
  for (let done = longer; done <= Math.min(longest, context.plan.steps); done += longer) {
    const last = (await trial.steps({ steps: longer, census: true })).at(-1)
    const graphs = last?.memory?.graphs ?? null
    if (graphs === null || performance.now() - began > 1000 * seconds) return null
    if (graphs < before + longer) return done
    before = graphs
  }
  return null
}

/** The smallest growth from one count to the next, where each is larger than the one before. */
export const growth = (counts: readonly (number | null)[]): number | null => {
  const steps = counts.slice(1).map((count, i) => (count ?? 0) - (counts[i] ?? 0))
  const least = Math.min(...steps)
  return steps.length > 1 && least > 0 ? least : null
}

/** Bytes a step, where each block has more than the one before; else 0. A device tells exactly, the resident set roughly. */
export const climbing = (counts: readonly Count[], epoch: number): number => {
  const of = (values: readonly (number | null)[]) => {
    const known = values.flatMap((value, i) => (value === null ? [] : [[i * epoch, value] as const]))
    return known.length > 2 && growth(known.map(([, value]) => value)) !== null ? theilSen(known) : 0
  }
  return Math.max(of(counts.map(({ rss }) => rss)), of(counts.map(({ allocated }) => allocated)))
}
