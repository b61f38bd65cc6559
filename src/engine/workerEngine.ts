// An engine whose subjects live in worker processes: all that two engines differ in is how a worker is launched.
import { dirname } from 'node:path'
import { description, type OpenRequest, weightsReport } from '../contract/index.ts'
import type { Engine, Subject } from './engine.ts'
import { WorkerSubject } from './subject.ts'
import { type Launch, WorkerProcess } from './worker.ts'
import { meetingPlace, rankEnvironment, WorldSubject } from './world.ts'

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
  /** One question to a process of its own. */
  const ask = async (folder: string, operation: 'describe' | 'weights', args: unknown): Promise<unknown> => {
    const worker = await start(folder)
    try {
      return await worker.call(operation, args)
    } finally {
      await worker.close()
    }
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
    describe: async (at) => description.parse(await ask(dirname(at.experiment), 'describe', at)),
    open: async (request) => {
      const folder = dirname(request.experiment)
      const asked = { ...request, options }
      return request.world?.address ? openWorld(folder, asked) : WorkerSubject.open(await start(folder), asked)
    },
    [Symbol.asyncDispose]: async () => {},
    weights: async (dir) => weightsReport.parse(await ask(dir, 'weights', { dir })),
  }
}
