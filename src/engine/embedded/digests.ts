// Digests of samples, one by one: of a split, of a frozen batch, or as the first epochs pass them.
// Nothing is trained, and what is decoded goes no further.
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { type DataProbe, dataProbe, type SampleDigest } from '../../contract/index.ts'
import { batchArrays, type Dataset, sizeOf } from '../../data/dataset.ts'
import { idsAt, targetName } from './batches.ts'
import { splitOf, wholeSplitOf } from './evaluate.ts'
import type { Project } from './project.ts'
import { sketchOf } from './sketch.ts'
import { spreadOver } from './survey.ts'
import { thumbnailOf } from './thumbnail.ts'

export const digests = (project: Project, given: DataProbe): SampleDigest[] => {
  const { split, frozen, limit, spread, sketch, thumbnails, passes } = dataProbe.parse(given)
  if (passes) return passed(project, passes)
  if (spread) {
    const dataset = wholeSplitOf(project, split)
    const asked = sketch ? askedFields(project, dataset) : []
    return Array.from(spreadOver(dataset.length, limit), (id) =>
      brief(sampleDigest(project, dataset, id, sketch, thumbnails, asked)),
    )
  }
  const dataset = splitOf(project, split)
  const ids =
    frozen === null
      ? Uint32Array.from({ length: Math.min(limit, dataset.length) }, (_, i) => i)
      : project.order(1).slice(0, frozen)
  return Array.from(ids, (id) => sampleDigest(project, dataset, id))
}

/** More numbers than that are a picture, or a text. */
const mostAsked = 16

/** Targets of a custom task, by the graph of its loss; none where the model is not called as a whole. */
const askedFields = (project: Project, { fields }: Dataset): string[] => {
  const seen = project.task.kind === 'custom' ? project.lookThrough('training') : null
  const [input] = fields
  if (!seen?.outputs || !input) return []
  const asked = fields.filter(({ name }) => name !== input.name && seen.loss.has(name) && !seen.outputs?.has(name))
  return asked.reduce((sum, { shape }) => sum + sizeOf(shape), 0) <= mostAsked ? asked.map(({ name }) => name) : []
}

type Passes = NonNullable<z.output<typeof dataProbe>['passes']>

const passed = (project: Project, { epochs, batches, same }: Passes): SampleDigest[] => {
  const found: SampleDigest[] = []
  for (let epoch = 1; epoch <= epochs; epoch++)
    for (let batch = 0; batch < Math.min(batches, project.stepsPerEpoch); batch++)
      for (const id of idsAt(project, epoch, batch, project.request.batchSize))
        found.push({
          ...sampleDigest(project, project.splits.train, same ?? id),
          epoch,
          batch: batch + 1,
          worker: null,
        })
  return found
}

/** A segmentation mask is no label to compare samples by. */
const brief = (digest: SampleDigest): SampleDigest =>
  Array.isArray(digest.target) && digest.target.length > 64 ? { ...digest, target: null } : digest

const sampleDigest = (
  project: Project,
  dataset: Dataset,
  id: number,
  sketched = false,
  pictured = false,
  asked: readonly string[] = [],
): SampleDigest => {
  const out = batchArrays(dataset.fields, 1)
  dataset.gather([id], out)
  const input = out.get('input') ?? [...out.values()][0] ?? new Float32Array()
  let sum = 0
  let square = 0
  let nonFinite = 0
  for (const value of input) {
    if (Number.isFinite(value)) {
      sum += value
      square += value * value
    } else nonFinite++
  }
  const mean = sum / input.length
  const target = out.get(targetName(project))
  const group = out.get('group')?.[0]
  const shape = dataset.fields.find(({ name }) => name === 'input')?.shape
  const thumbnail = pictured && shape ? thumbnailOf(input, shape) : null
  return {
    id,
    hash: createHash('sha256')
      .update(new Uint8Array(input.buffer, input.byteOffset, input.byteLength))
      .digest('hex'),
    mean,
    std: Math.sqrt(Math.max(0, square / input.length - mean * mean)),
    nonFinite,
    target: target === undefined ? null : target.length === 1 ? (target[0] as number) : [...target],
    ...(group === undefined ? {} : { group: String(group) }),
    ...(thumbnail ? { thumbnail } : {}),
    ...(asked.length > 0 ? { asked: asked.flatMap((name) => [...(out.get(name) ?? [])]) } : {}),
    ...(sketched
      ? {
          sketch: sketchOf(input),
          length: shape?.[0] ?? input.length,
        }
      : {}),
  }
}
