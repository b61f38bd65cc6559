// OUR hold on an opened experiment's state: digest it, capture and restore it, scramble it. Never the subject's own save.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  fromJson,
  GonogoError,
  type Section,
  type StateEntry,
  type StateProbe,
  type StateReport,
  toJson,
} from '../../contract/index.ts'
import { permutation } from '../../data/order.ts'
import { drawFor } from '../../tensor/init.ts'
import type { Progress, Project } from './project.ts'

type Snapshot = { readonly state: Map<string, Float32Array>; readonly progress: Progress; readonly seed: number }

const placeFile = 'place.json'
const place = z.object({ epoch: z.int(), batch: z.int(), seed: z.int() })

const sections = { parameter: 'parameters', buffer: 'buffers', optimizer: 'optimizer' } as const

export class States {
  readonly #project: Project
  readonly #slots = new Map<string, Snapshot>()

  constructor(project: Project) {
    this.#project = project
  }

  handle(probe: StateProbe): StateReport {
    if (probe.op === 'capture') this.#capture(probe.slot)
    if (probe.op === 'restore') this.#restore(probe.slot)
    if (probe.op === 'export') this.#export(probe.dir)
    if (probe.op === 'import') this.#import(probe.dir)
    if (probe.op === 'scramble') scramble(this.#project, probe.section)
    const report = digest(this.#project, probe.op === 'digest' && probe.detail === true)
    return { ...report, configRead: [...this.#project.configRead] }
  }

  #capture(slot: string): void {
    const { state, progress, seed } = this.#project
    const copies = [...state].map(([name, values]) => [name, values.slice()] as const)
    this.#slots.set(slot, { state: new Map(copies), progress: { ...progress }, seed })
  }

  #export(dir: string): void {
    const { progress, seed } = this.#project
    writeFileSync(join(dir, placeFile), toJson({ epoch: progress.epoch, batch: progress.batch, seed }))
  }

  #import(dir: string): void {
    const { epoch, batch, seed } = place.parse(fromJson(readFileSync(join(dir, placeFile), 'utf8')))
    Object.assign(this.#project.progress, { epoch, batch })
    this.#project.seed = seed
  }

  #restore(slot: string): void {
    const snapshot = this.#slots.get(slot)
    if (!snapshot) throw new GonogoError('STATE_SLOT', 'nothing was captured under this name', { seen: slot })
    for (const [name, values] of snapshot.state) this.#project.state.set(name, values.slice())
    Object.assign(this.#project.progress, snapshot.progress)
    this.#project.seed = snapshot.seed
  }
}

const digest = (project: Project, detail: boolean): StateReport => {
  const { progress, seed } = project
  const numbers = (section: Section, values: Record<string, number>) =>
    sectionOf(
      section,
      Object.entries(values).map(([name, value]) => ({ name, digest: String(value), l2: null, absmax: null })),
      true,
    )
  const tensors = (kind: keyof typeof sections) =>
    sectionOf(
      sections[kind],
      [...project.state]
        .filter(([name]) => project.kinds.get(name) === kind)
        .map(([name, values]) => tensorEntry(name, values)),
      detail,
    )
  return {
    sections: [
      tensors('parameter'),
      tensors('buffer'),
      tensors('optimizer'),
      numbers('rng', { seed }),
      numbers('position', { epoch: progress.epoch, batch: progress.batch }),
      numbers('counters', { step: progress.step }),
    ],
  }
}

const sectionOf = (section: Section, entries: StateEntry[], detail: boolean) => {
  const hash = createHash('sha256')
  for (const entry of entries) hash.update(`${entry.name}\0${entry.digest}\0`)
  return { section, digest: hash.digest('hex'), entries: detail ? entries : [] }
}

/** Digest of a tensor's bytes, with its L2 norm and largest magnitude. */
export const tensorEntry = (name: string, values: Float32Array): StateEntry => {
  let square = 0
  let absmax = 0
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] as number)
    square += magnitude * magnitude
    if (magnitude > absmax || Number.isNaN(magnitude)) absmax = magnitude
  }
  const digest = createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
  return { name, digest, l2: Math.sqrt(square), absmax }
}

/** Other values of the same shape: for tensors the old ones permuted and shifted, so that every one differs. */
const scramble = (project: Project, section: Section): void => {
  const { progress } = project
  if (section === 'rng') project.seed = (project.seed + 0x9e3779b9) % 2 ** 32
  else if (section === 'counters') progress.step += 7
  else if (section === 'position') {
    progress.epoch += 3
    progress.batch = progress.batch === 0 ? 1 : progress.batch - 1
  } else
    for (const [name, values] of project.state) {
      const kind = project.kinds.get(name)
      if (kind === undefined || sections[kind] !== section) continue
      const noise = drawFor(project.seed, `scramble ${name}`).uniform(values.length)
      const order = permutation(values.length, project.seed, `scramble ${name}`, 0)
      // positive, so that a scrambled second moment or variance is still one
      project.state.set(
        name,
        Float32Array.from(order, (from, to) => Math.abs(values[from] as number) + 0.01 + (noise[to] as number)),
      )
    }
}
