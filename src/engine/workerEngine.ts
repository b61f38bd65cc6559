// An engine whose subjects live in worker processes: all that two engines differ in is how a worker is launched.
import { dirname } from 'node:path'
import { z } from 'zod'
import {
  type Description,
  description,
  headersReport,
  type OpenRequest,
  toJson,
  weightsReport,
} from '../contract/index.ts'
import type { Engine, Process, Subject } from './engine.ts'
import { type Nursery, openNursery } from './nursery.ts'
import { WorkerSubject } from './subject.ts'
import { type Launch, WorkerProcess } from './worker.ts'
import { meetingPlace, rankEnvironment, WorldSubject } from './world.ts'

type At = { readonly experiment: string; readonly config: Record<string, unknown> }

/** A process that has imported an experiment to describe it, and waits to open it. */
type Waiting = { readonly worker: WorkerProcess; readonly next: OpenRequest; readonly declared: boolean }

/** What the process that describes an experiment has imported for it, beside what it says of it. */
const imports = z.object({ imports: z.array(z.string()).nullish() })

/** Whether an import made for `next` is the one that this request would make. A declared config is not seen by an import. */
const continues = ({ next, declared }: Waiting, request: OpenRequest): boolean => {
  const seen = ({ experiment, seed, threads, world, config }: OpenRequest) =>
    toJson([experiment, seed, threads, world ?? null, declared ? null : config])
  return seen(next) === seen(request)
}

/** `launch` gets the folder that the worker works in. */
export const workerEngine = (
  name: string,
  launch: (folder: string) => Launch | Promise<Launch>,
  concurrency: Engine['concurrency'] = 'many',
  /** What the worker needs to know of the engine's own options. */
  options: Readonly<Record<string, unknown>> = {},
  /** Arguments with which the same command is a nursery; null where this engine has none. */
  nurseryArgs: readonly string[] | null = null,
): Engine => {
  const start = async (
    folder: string,
    process: Process,
    env: Readonly<Record<string, string>> = {},
    early?: 'early',
  ): Promise<WorkerProcess> => {
    const how = await launch(folder)
    const command = { ...how, env: { ...how.env, ...env } }
    const born = process === 'quick' ? await nursery?.fork(command, early) : null
    return born ? WorkerProcess.over(born, how.deadlines) : WorkerProcess.start(command)
  }
  let nursery: Nursery | null = null
  const settle = (): void => {
    nursery?.close()
    nursery = null
  }
  let waiting: Waiting | null = null
  const dismiss = async (): Promise<void> => {
    const { worker } = waiting ?? {}
    waiting = null
    await worker?.close()
  }
  const describe = async (at: At, next?: OpenRequest, process: Process = 'own'): Promise<Description> => {
    const folder = dirname(at.experiment)
    const modules = Promise.withResolvers<readonly string[] | null>()
    if (next && nurseryArgs && nursery === null && process !== 'alone')
      nursery = openNursery({ ...(await launch(folder)), args: nurseryArgs }, modules.promise)
    const worker = await start(folder, process, {}, 'early')
    let keep = false
    try {
      const reply = await worker.call('describe', next ? { ...at, next: { ...next, options } } : at)
      modules.resolve(imports.parse(reply).imports ?? null)
      const found = description.parse(reply)
      await dismiss()
      keep = next !== undefined && !next.world?.address
      if (keep && next) waiting = { worker, next, declared: found.schema !== null }
      return found
    } finally {
      modules.resolve(null)
      if (!keep) await worker.close()
    }
  }
  /** The process that has described this experiment, where it has imported it as this request asks; else a new one. */
  const imported = async (folder: string, request: OpenRequest, process: Process): Promise<WorkerProcess> => {
    if (process === 'quick' || waiting === null || !continues(waiting, request)) return start(folder, process)
    const { worker } = waiting
    waiting = null
    return worker
  }
  const openWorld = async (folder: string, request: OpenRequest, process: Process): Promise<Subject> => {
    const size = request.world?.size ?? 1
    const address = await meetingPlace(request.world?.address ?? '')
    const starts = Array.from({ length: size }, (_, rank) =>
      start(folder, process, rankEnvironment(rank, size, address)),
    )
    const started = await Promise.allSettled(starts)
    const workers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = started.find((one) => one.status === 'rejected')
    if (failed) {
      await Promise.all(workers.map((worker) => worker.close()))
      throw failed.reason
    }
    return WorldSubject.open(workers, request, address)
  }
  const opened = async (dir: string, headers: boolean): Promise<unknown> => {
    const worker = await start(dir, 'quick')
    try {
      return await worker.call('weights', headers ? { dir, headers } : { dir })
    } finally {
      await worker.close()
    }
  }
  return {
    name,
    concurrency,
    describe,
    open: async (request, process = 'own') => {
      const folder = dirname(request.experiment)
      const asked = { ...request, options }
      return request.world?.address
        ? openWorld(folder, asked, process)
        : WorkerSubject.open(await imported(folder, request, process), asked)
    },
    settle,
    [Symbol.asyncDispose]: async () => {
      settle()
      await dismiss()
    },
    weights: async (dir) => weightsReport.parse(await opened(dir, false)),
    headers: async (dir) => headersReport.parse(await opened(dir, true)),
  }
}
