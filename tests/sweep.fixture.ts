// A small project with a sweep, its command line as a person calls it, and the table that it ends with.
// Not part of the product: nothing but tests imports it.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkCode } from '../src/contract/index.ts'
import { experimentText, writeExperiment } from '../src/engine/experiment.fixture.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

const config =
  "config: { width: z.int().min(1).default(8), dropout: z.number().min(0).max(0.9).default(0.2), rate: z.number().positive().default(1e-2), kind: z.enum(['plain', 'deep']).default('plain') },"
const optimizer = 'optimizer: (c) => optim.adamw({ learningRate: c.rate }),'

// what a preflight costs is on trial elsewhere
const skipped = checkCode.options.map((code) => `    ${code}: { level: skip, reason: on trial elsewhere }\n`).join('')

/** A project in a folder of its own, with `s.run.yaml`; returns the folder. */
export const sweepProject = (
  sweep: string,
  o: { checks?: boolean; changed?: Record<string, string>; run?: string } = {},
): string => {
  const folder = dirname(writeExperiment(experimentText({ config, optimizer, ...o.changed })))
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(
    join(folder, 's.run.yaml'),
    `gonogo: 1
name: s
experiment: ./experiment.ts
threads: 1
objective: val_loss
train: { length: { steps: 90 }, batch_size: 8 }
evaluate: { every: { steps: 10 } }
checkpoint: { every: { steps: 30 } }
${o.checks ? '' : `preflight:\n  checks:\n${skipped}`}${o.run ?? ''}${sweep}`,
  )
  return folder
}

export const space = `  space:
    config.rate: { log: [1e-4, 1e-1] }
    config.width: { linear: [2, 12] }
    config.dropout: { linear: [0, 0.5], when: { config.kind: deep } }
    config.kind: { values: all }
`

export type Called = { readonly code: number | null; readonly out: string; readonly err: string }

export const started = (folder: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--conditions=gonogo-source', main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })

export const ended = (child: ChildProcess): Promise<Called> =>
  new Promise((done) => {
    let out = ''
    let err = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.once('close', (code) => done({ code, out, err }))
  })

export const gonogo = (folder: string, ...args: string[]): Promise<Called> => ended(started(folder, args))

export const sweepsIn = (folder: string): string[] => {
  try {
    return readdirSync(join(folder, 'runs', 'sweeps')).filter((name) => !name.startsWith('.'))
  } catch {
    return []
  }
}

export type Table = {
  readonly sweep: string
  readonly best: string | null
  readonly page: string | null
  readonly parts: number
  readonly reason: string
  readonly trials: readonly {
    readonly trial: number
    readonly point: Record<string, unknown>
    readonly state: string
    readonly value: number | null
    readonly spread: number | null
    readonly share: number
    readonly seconds: number
    readonly why: string
    readonly runs: readonly { readonly run: string; readonly seed: number }[]
  }[]
}

/** What must be equal whatever happened on the way: everything but names of folders and seconds. */
export const tableOf = (text: string) => {
  const { trials, parts, reason } = JSON.parse(text) as Table
  return {
    parts,
    reason,
    trials: trials.map(({ runs, seconds: _, ...row }) => ({ ...row, seeds: runs.map((r) => r.seed) })),
  }
}

/** Trains a sweep to its end, killed with SIGKILL at `kills` random moments, each within `longest` milliseconds; how often it was. */
export const sweptWithKills = async (
  folder: string,
  kills: number,
  longest: number,
): Promise<{ called: Called; kills: number }> => {
  let done = 0
  for (;;) {
    const [sweep] = sweepsIn(folder)
    const child = started(folder, sweep === undefined ? ['train', 's.run.yaml', '--json'] : ['resume', sweep, '--json'])
    const end = ended(child)
    const timer = done < kills ? setTimeout(() => child.kill('SIGKILL'), Math.random() * longest) : undefined
    const called = await end
    clearTimeout(timer)
    if (called.code !== null) return { called, kills: done }
    done++
  }
}

export const textOf = (folder: string, ...path: string[]): string => readFileSync(join(folder, ...path), 'utf8')
