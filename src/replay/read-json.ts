// Curves from JSON: gonogo's own form, AlgoPerf's submissions, and the training logs of modded-nanogpt.
// Not from disk: it takes the parsed value.
import { z } from 'zod'
import { GonogoError } from '../contract/index.ts'
import { type Recorded, recorded } from './recorded.ts'

const points = z.array(z.tuple([z.number(), z.number().nullable()]))
type Points = z.infer<typeof points>

const own = z.object({
  workload: z.string(),
  family: z.string().optional(),
  group: z.string().optional(),
  config: z.string(),
  seed: z.union([z.string(), z.number()]),
  direction: z.enum(['min', 'max']),
  /** Kind of learning-rate schedule, in any words. */
  schedule: z.string().optional(),
  /** In the units of the curve's first numbers; the longest run of the workload where it is not said. */
  budget: z.number().positive().optional(),
  curve: points,
})
const algoperf = z.object({
  submission: z.string(),
  study: z.string(),
  workload: z.string(),
  trial: z.string(),
  curve: points,
})
const nanogpt = z.object({ group: z.string(), run: z.string(), totalSteps: z.number().positive(), curve: points })

type Row = {
  readonly about: Parameters<typeof recorded>[0]
  readonly points: Points
  readonly budget: number | null
}

/** `imagenet_resnet_large_bn_init` → `imagenet_resnet`: variants of a workload are held out with it. */
const familyOf = (workload: string): string => /^(?:imagenet|librispeech)_[a-z]+|^[^_]+/.exec(workload)?.[0] ?? workload

/** What AlgoPerf's submissions do with the learning rate, by their names: most let it fall, two keep it, one lets it swing. */
const scheduleOf = (submission: string): string =>
  submission.startsWith('schedule_free') ? 'none' : submission.startsWith('cyclic') ? 'cyclic' : 'falls'

const rowOf = (value: unknown): Row | null => {
  const a = algoperf.safeParse(value)
  if (a.success) {
    const { submission, study, workload, trial, curve } = a.data
    const group = submission
    const about = { workload, family: familyOf(workload), group, config: trial, study, schedule: scheduleOf(group) }
    return { about: { ...about, direction: 'max' }, points: curve, budget: null }
  }
  const n = nanogpt.safeParse(value)
  if (n.success) {
    const { group, run, totalSteps, curve } = n.data
    const workload = `${group} ${totalSteps}`
    const about = { workload, family: group, group, config: workload, study: run, schedule: null }
    return { about: { ...about, direction: 'min' }, points: curve, budget: totalSteps }
  }
  const o = own.safeParse(value)
  if (!o.success) return null
  const { workload, family, group, config, seed, direction, schedule = null, budget, curve } = o.data
  const about = { workload, family: family ?? workload, group: group ?? config, config, study: String(seed), schedule }
  return { about: { ...about, direction }, points: curve, budget: budget ?? null }
}

/** A run's budget where it is not written down: the longest of its workload. */
export const longest = (
  rows: readonly { readonly about: { readonly workload: string }; readonly points: Points }[],
) => {
  const ends = new Map<string, number>()
  for (const { about, points: p } of rows)
    ends.set(about.workload, Math.max(ends.get(about.workload) ?? 0, p.at(-1)?.[0] ?? 0))
  return ends
}

/** Throws CURVES_UNKNOWN where a run is in none of the forms. A value of null is one that was not finite. */
export const readJsonCurves = (value: unknown, where: string): Recorded[] => {
  const list = Array.isArray(value) ? value : [value]
  const rows = list.map((item, i) => {
    const row = rowOf(item)
    if (row !== null) return row
    throw new GonogoError('CURVES_UNKNOWN', 'this is no recorded curve that gonogo knows', {
      where: `${where}, item ${i}`,
      seen: typeof item === 'object' && item !== null ? Object.keys(item).join(', ') : typeof item,
      expected: 'workload, config, seed, direction and curve: [[x, value], …]',
    })
  })
  const ends = longest(rows)
  return rows.flatMap(({ about, points: p, budget }) => {
    const finite = p.map(([x, v]) => [x, v ?? Number.NaN] as const)
    return recorded(about, finite, budget ?? ends.get(about.workload) ?? 1) ?? []
  })
}
