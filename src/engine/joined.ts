// What several ranks answered, as one answer: rank 0's, with what only the others know. Pure.
// Which of the differences between ranks are faults is the checks' to say (P1, P2).
import { createHash } from 'node:crypto'
import type { Evaluation, Facts, PerSample, PersistReport, StateReport, StepRecord } from '../contract/index.ts'

const first = <T>(all: readonly T[]): T => {
  if (all.length === 0) throw new RangeError('no rank answered')
  return all[0] as T
}

const digestOf = (digests: readonly string[]): string =>
  createHash('sha256').update(digests.join('\n')).digest('hex').slice(0, 16)

/** Rank 0's facts; where a rank holds data of its own, its samples count too. */
export const joinedFacts = (all: readonly Facts[]): Facts => {
  const zero = first(all)
  const samples = { ...zero.samples }
  const data = zero.data.map((mine) => {
    const others = all.flatMap((one) => one.data.filter(({ split }) => split === mine.split))
    if (new Set(others.map(({ sha256 }) => sha256)).size === 1) return mine
    samples[mine.split] = all.reduce((sum, one) => sum + (one.samples[mine.split] ?? 0), 0)
    return {
      ...mine,
      samples: others.reduce((sum, one) => sum + one.samples, 0),
      sha256: createHash('sha256')
        .update(others.map(({ sha256 }) => sha256).join('\n'))
        .digest('hex'),
    }
  })
  const loadSeconds = Math.max(...all.map((one) => one.loadSeconds))
  return { ...zero, samples, data, loadSeconds }
}

/** Loss and terms weighted by each rank's samples: those of the global batch. A rank without a sample has no say. */
export const joinedRecord = (all: readonly StepRecord[]): StepRecord => {
  const zero = first(all)
  if (all.length === 1) return zero
  const count = all.reduce((sum, { samples }) => sum + samples.count, 0)
  const mean = (of: (record: StepRecord) => number | undefined): number => {
    let sum = 0
    for (const record of all) if (record.samples.count > 0) sum += (of(record) ?? 0) * (record.samples.count / count)
    return sum
  }
  const names = new Set(all.flatMap(({ terms }) => Object.keys(terms)))
  const terms = Object.fromEntries([...names].map((name) => [name, mean((record) => record.terms[name])]))
  const observed = zero.parameters !== undefined
  return {
    ...zero,
    loss: mean(({ loss }) => loss),
    terms,
    samples: { count, digest: digestOf(all.map(({ samples }) => samples.digest)) },
    seconds: Math.max(...all.map(({ seconds }) => seconds)),
    wait: Math.max(...all.map(({ wait }) => wait)),
    ...(observed
      ? {
          ranks: all.map(({ loss, samples, updates }) => ({
            loss,
            samples,
            gradientNorm: updates.find(({ gradientNorm }) => gradientNorm !== null)?.gradientNorm ?? null,
          })),
        }
      : {}),
  }
}

/**
 * Metrics are rank 0's. Samples are summed over the ranks, so that a padded one that is scored twice counts twice; but where
 * every rank went through the whole split (`whole` samples), they are one evaluation done several times.
 */
export const joinedEvaluation = (all: readonly Evaluation[], whole: number): Evaluation => {
  const zero = first(all)
  if (all.length === 1) return zero
  const ranks = all.map(({ samples, metrics }) => ({ samples, metrics }))
  const seconds = Math.max(...all.map((one) => one.seconds))
  const { perSample: own, ...rest } = zero
  const everyone = all.flatMap(({ perSample }) => (perSample ? [perSample] : []))
  const shown = everyone.reduce((sum, { count }) => sum + count, 0)
  const sum = (of: (one: Evaluation) => number) => all.reduce((total, one) => total + of(one), 0)
  const replicated = whole > 0 && all.every(({ samples }) => samples === whole)
  const samples = replicated ? zero.samples : sum((one) => one.samples)
  const batches = replicated ? zero.batches : sum((one) => one.batches)
  // each rank may have gone through all the data and scored its own part of it
  const perSample = replicated && own && shown !== whole ? own : concatenated(everyone)
  return { ...rest, samples, batches, seconds, ranks, ...(perSample ? { perSample } : {}) }
}

const concatenated = (all: readonly PerSample[]): PerSample | undefined => {
  const parts = all.filter(({ count }) => count > 0)
  const [zero] = parts
  if (!zero) return undefined
  const bytes = (of: (one: PerSample) => string) =>
    Buffer.concat(parts.map((one) => Buffer.from(of(one), 'base64'))).toString('base64')
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    outputs: { shape: zero.outputs.shape, float32: bytes((one) => one.outputs.float32) },
    targets: { ...zero.targets, bytes: bytes((one) => one.targets.bytes) },
  }
}

/** Rank 0's state, and the generators of all: the other sections are equal, or follow from rank 0's. */
export const joinedState = (all: readonly StateReport[]): StateReport => {
  const zero = first(all)
  if (all.length === 1) return zero
  const configRead = [...new Set(all.flatMap((one) => one.configRead ?? []))]
  const generators = all.map(({ sections }) => sections.find(({ section }) => section === 'rng'))
  return {
    ...(zero.configRead ? { configRead } : {}),
    ...(zero.aliases ? { aliases: zero.aliases } : {}),
    ...(zero.reseeded ? { reseeded: zero.reseeded } : {}),
    sections: zero.sections.map((one) => {
      if (one.section !== 'rng') return one
      const entries = generators.flatMap((found, rank) =>
        (found?.entries ?? []).map((entry) => (rank === 0 ? entry : { ...entry, name: `rank ${rank}: ${entry.name}` })),
      )
      return { ...one, digest: digestOf(generators.map((found) => found?.digest ?? '')), entries }
    }),
  }
}

/** Every rank may write files of its own into the folder. */
export const joinedFiles = (all: readonly PersistReport[]): PersistReport => {
  const zero = first(all)
  const files = new Map<string, number>()
  // a rank that listed the folder early saw the file of a slower one half written
  for (const { path, bytes } of all.flatMap((one) => one.files)) files.set(path, Math.max(bytes, files.get(path) ?? 0))
  return { ...zero, files: [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, bytes]) => ({ path, bytes })) }
}
