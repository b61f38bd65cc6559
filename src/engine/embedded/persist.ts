// The embedded subject's own save and load: model.safetensors, training.safetensors, state.json. No pickle, no code.
// Publishing, hashing and fsync of the folder are the checkpoint room's.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  nodeDisk,
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
  writeSynced,
} from '../../checkpoint/index.ts'
import {
  fromJson,
  GonogoError,
  type HeadersReport,
  type PersistProbe,
  type PersistReport,
  toJson,
  type WeightsReport,
} from '../../contract/index.ts'
import type { Project } from './project.ts'
import { tensorEntry } from './state.ts'

const files = { model: 'model.safetensors', training: 'training.safetensors', state: 'state.json' } as const

const saved = z.object({
  gonogo: z.literal(1),
  step: z.int().min(0),
  epoch: z.int().min(1),
  batch: z.int().min(0),
  seed: z.int(),
  harness: z.unknown().optional(),
})

export const persist = (project: Project, probe: PersistProbe): Promise<PersistReport> =>
  probe.op === 'save' ? save(project, probe.dir, probe.harness) : load(project, probe.dir)

const save = async (project: Project, dir: string, harness: unknown): Promise<PersistReport> => {
  const { progress, seed } = project
  const metadata = new Map([['format', 'pt']])
  await writeSafetensors(join(dir, files.model), select(project, ['parameter', 'buffer']), metadata)
  await writeSafetensors(join(dir, files.training), select(project, ['optimizer']), metadata)
  const state = {
    gonogo: 1,
    ...progress,
    seed,
    // what a person wants to read; a resume computes it again
    learningRate: project.learningRate(progress.step),
    steps: project.steps,
    threads: project.request.threads,
    harness,
  }
  const path = join(dir, files.state)
  await writeSynced(nodeDisk, path, Buffer.from(toJson(state, 2)))
  const names = Object.values(files)
  return {
    files: await Promise.all(names.map(async (name) => ({ path: name, bytes: (await stat(join(dir, name))).size }))),
    missing: [],
    unexpected: [],
    misshaped: [],
  }
}

const select = (project: Project, kinds: readonly string[]) =>
  new Map(
    [...project.state]
      .filter(([name]) => kinds.includes(project.kinds.get(name) ?? ''))
      .map(([name, data]) => [name, { dtype: 'F32' as const, shape: project.shapeOf(name), data }]),
  )

const load = async (project: Project, dir: string): Promise<PersistReport> => {
  const text = await readFile(join(dir, files.state), 'utf8')
  const state = saved.parse(fromJson(text))
  const model = await readSafetensors(join(dir, files.model))
  const training = await readSafetensors(join(dir, files.training))
  const found = new Map([...model.tensors, ...training.tensors])
  const missing = [...project.state.keys()].filter((name) => !found.has(name))
  const unexpected = [...found.keys()].filter((name) => !project.state.has(name))
  const misshaped = [...found]
    .filter(([name, { shape, dtype }]) => {
      const own = project.state.has(name) ? project.shapeOf(name) : shape
      return dtype !== 'F32' || own.length !== shape.length || own.some((size, i) => size !== shape[i])
    })
    .map(([name]) => name)
  if (missing.length + unexpected.length + misshaped.length > 0)
    throw new GonogoError('CHECKPOINT_MISMATCH', 'this checkpoint belongs to another model or optimizer', {
      where: dir,
      seen: [
        ['missing', missing],
        ['unexpected', unexpected],
        ['of another shape', misshaped],
      ]
        .filter(([, names]) => (names as string[]).length > 0)
        .map(([what, names]) => `${what}: ${(names as string[]).slice(0, 5).join(', ')}`)
        .join('; '),
      expected: `the ${project.state.size} tensors of this experiment`,
      try: 'resume with the experiment file that made the checkpoint',
    })
  for (const [name, { data }] of found) project.state.set(name, data as Float32Array)
  Object.assign(project.progress, { step: state.step, epoch: state.epoch, batch: state.batch })
  project.seed = state.seed
  return { files: [], harness: state.harness, missing, unexpected, misshaped }
}

/** Every tensor of every safetensors file of a folder, read without the experiment. */
export const openWeights = async (dir: string): Promise<WeightsReport> => {
  const report: { files: WeightsReport['files']; tensors: WeightsReport['tensors'] } = { files: [], tensors: [] }
  for (const name of (await readdir(dir)).sort()) {
    if (!name.endsWith('.safetensors')) continue
    try {
      const { tensors } = await readSafetensors(join(dir, name))
      report.files.push({ path: name, format: 'safetensors', tensors: tensors.size, error: null })
      for (const [tensor, { shape, data }] of tensors)
        report.tensors.push({ ...tensorEntry(tensor, data as Float32Array), shape: [...shape] })
    } catch (error) {
      report.files.push({ path: name, format: 'safetensors', tensors: 0, error: String(error) })
    }
  }
  return report
}

/** The same from the heads of the files alone. */
export const openHeaders = async (dir: string): Promise<HeadersReport> => {
  const report: { files: HeadersReport['files']; tensors: HeadersReport['tensors'] } = { files: [], tensors: [] }
  for (const name of (await readdir(dir)).sort()) {
    if (!name.endsWith('.safetensors')) continue
    try {
      const { tensors } = await readSafetensorsHeader(join(dir, name))
      report.files.push({ path: name, format: 'safetensors', tensors: tensors.size, error: null })
      for (const [tensor, { shape, dtype }] of tensors)
        report.tensors.push({ name: tensor, shape: [...shape], dtype: dtype === 'F32' ? 'float32' : dtype })
    } catch (error) {
      report.files.push({ path: name, format: 'safetensors', tensors: 0, error: String(error) })
    }
  }
  return report
}
