// Kills real training processes at random moments and resumes them until they end; compares the ends with an unbroken run.
// Shared by the suites of both engines.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkCode, type RunEvent, type StepRecord } from '../../src/contract/index.ts'
import { effective, readJournal } from '../../src/record/index.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** What must be equal, bit for bit. */
export type End = {
  readonly model: string
  readonly training: string
  readonly metrics: Readonly<Record<string, number>>
  readonly losses: readonly number[]
}

const gonogo = (folder: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--conditions=gonogo-source', main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })

const ended = (child: ChildProcess): Promise<{ code: number | null; errors: string }> =>
  new Promise((resolve) => {
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('exit', (code) => resolve({ code, errors }))
  })

// the preflight is not on trial here, and would take most of the time
const skipAll = checkCode.options.flatMap((check) => ['--skip', `${check}=kill test`])

const runsIn = (folder: string): string[] => {
  try {
    return readdirSync(join(folder, 'runs')).filter((name) => existsSync(join(folder, 'runs', name, 'run.json')))
  } catch {
    return []
  }
}

const endOf = async (folder: string, run: string): Promise<End> => {
  const path = join(folder, 'runs', run)
  const { entries } = await readJournal(join(path, 'journal.jsonl'))
  const events: RunEvent[] = effective(entries.map(({ event }) => event))
  const last = events.at(-1)
  if (last?.type !== 'ended' || last.reason !== 'length-reached')
    throw new Error(`run ${run} did not end well: ${JSON.stringify(last)}`)
  const latest = readFileSync(join(path, 'checkpoints', 'latest'), 'utf8').trim()
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(path, 'checkpoints', latest, name)))
      .digest('hex')
  const steps: StepRecord[] = events.flatMap((event) => (event.type === 'steps' ? event.records : []))
  return {
    model: hash('model.safetensors'),
    training: hash('training.safetensors'),
    metrics: last.metrics,
    losses: steps.map(({ loss }) => loss),
  }
}

/** Trains without interruption; also returns how long it took, in milliseconds. */
export const trainUnbroken = async (folder: string, file: string): Promise<{ end: End; milliseconds: number }> => {
  const before = new Set(runsIn(folder))
  const started = performance.now()
  const { code, errors } = await ended(gonogo(folder, ['train', file, ...skipAll]))
  if (code !== 0) throw new Error(`exit code ${code}\n${errors}`)
  const run = runsIn(folder).find((name) => !before.has(name)) ?? ''
  return { end: await endOf(folder, run), milliseconds: performance.now() - started }
}

/**
 * Trains one run, killing it with SIGKILL at random moments `kills` times at most, each time resuming it.
 * `longest` bounds the time until a kill, in milliseconds.
 */
export const trainKilled = async (
  folder: string,
  file: string,
  kills: number,
  longest: number,
): Promise<{ end: End; kills: number }> => {
  const before = new Set(runsIn(folder))
  let done = 0
  let run: string | undefined
  for (;;) {
    const child = gonogo(folder, run === undefined ? ['train', file, ...skipAll] : ['resume', run])
    const end = ended(child)
    const timer = done < kills ? setTimeout(() => child.kill('SIGKILL'), Math.random() * longest) : undefined
    const { code, errors } = await end
    clearTimeout(timer)
    run = runsIn(folder).find((name) => !before.has(name))
    if (code === 0 && run !== undefined) return { end: await endOf(folder, run), kills: done }
    if (code !== null) {
      // killed between the last event and the exit: there is nothing left to resume
      if (errors.includes('RUN_ENDED') && run !== undefined) return { end: await endOf(folder, run), kills: done }
      throw new Error(`exit code ${code} after ${done} kills\n${errors}`)
    }
    done++
  }
}
