// An engine whose subjects live in worker processes: all that two engines differ in is how a worker is launched.
import { dirname } from 'node:path'
import { type Description, description, type OpenRequest, toJson, weightsReport } from '../contract/index.ts'
import type { Engine, Subject } from './engine.ts'
import { WorkerSubject } from './subject.ts'
import { type Launch, WorkerProcess } from './worker.ts'
import { meetingPlace, rankEnvironment, WorldSubject } from './world.ts'

type At = { readonly experiment: string; readonly config: Record<string, unknown> }

/** A process that has imported an experiment to describe it, and waits to open it. */
type Waiting = { readonly worker: WorkerProcess; readonly next: OpenRequest; readonly declared: boolean }

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
): Engine => {
  const start = async (folder: string, env: Readonly<Record<string, string>> = {}) => {
    const how = await launch(folder)
    return WorkerProcess.start({ ...how, env: { ...how.env, ...env } })
  }
  let waiting: Waiting | null = null
  const dismiss = async (): Promise<void> => {
    const { worker } = waiting ?? {}
    waiting = null
    await worker?.close()
  }
  const describe = async (at: At, next?: OpenRequest): Promise<Description> => {
    const worker = await start(dirname(at.experiment))
    let keep = false
    try {
      const found = description.parse(await worker.call('describe', next ? { ...at, next: { ...next, options } } : at))
      await dismiss()
      keep = next !== undefined && !next.world?.address
      if (keep && next) waiting = { worker, next, declared: found.schema !== null }
      return found
    } finally {
      if (!keep) await worker.close()
    }
  }
  /** The process that has described this experiment, where it has imported it as this request asks; else a new one. */
  const imported = async (folder: string, request: OpenRequest): Promise<WorkerProcess> => {
    if (waiting === null || !continues(waiting, request)) return start(folder)
    const { worker } = waiting
    waiting = null
    return worker
  }
  const openWorld = async (folder: string, request: OpenRequest): Promise<Subject> => {
    const size = request.world?.size ?? 1
    const address = await meetingPlace(request.world?.address ?? '')
    const starts = Array.from({ length: size }, (_, rank) => start(folder, rankEnvironment(rank, size, address)))
    const started = await Promise.allSettled(starts)
    const workers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = started.find((one) => one.status === 'rejected')
    if (failed) {
      await Promise.all(workers.map((worker) => worker.close()))
      throw failed.reason
    }
    return WorldSubject.open(workers, request, address)
  }
  return {
    name,
    concurrency,
    describe,
    open: async (request) => {
      const folder = dirname(request.experiment)
      const asked = { ...request, options }
      return request.world?.address
        ? openWorld(folder, asked)
        : WorkerSubject.open(await imported(folder, request), asked)
    },
    [Symbol.asyncDispose]: dismiss,
    weights: async (dir) => {
      const worker = await start(dir)
      try {
        return weightsReport.parse(await worker.call('weights', { dir }))
      } finally {
        await worker.close()
      }
    },
  }
}
