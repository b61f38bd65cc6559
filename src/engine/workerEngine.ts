// An engine whose subjects live in worker processes: all that two engines differ in is how a worker is launched.
import { dirname } from 'node:path'
import { description, weightsReport } from '../contract/index.ts'
import type { Engine } from './engine.ts'
import { WorkerSubject } from './subject.ts'
import { type Launch, WorkerProcess } from './worker.ts'

/** `launch` gets the folder that the worker works in. */
export const workerEngine = (
  name: string,
  launch: (folder: string) => Launch | Promise<Launch>,
  concurrency: Engine['concurrency'] = 'many',
  /** What the worker needs to know of the engine's own options. */
  options: Readonly<Record<string, unknown>> = {},
): Engine => {
  const start = async (folder: string) => WorkerProcess.start(await launch(folder))
  /** One question to a process of its own. */
  const ask = async (folder: string, operation: 'describe' | 'weights', args: unknown): Promise<unknown> => {
    const worker = await start(folder)
    try {
      return await worker.call(operation, args)
    } finally {
      await worker.close()
    }
  }
  return {
    name,
    concurrency,
    describe: async (at) => description.parse(await ask(dirname(at.experiment), 'describe', at)),
    open: async (request) => WorkerSubject.open(await start(dirname(request.experiment)), { ...request, options }),
    [Symbol.asyncDispose]: async () => {},
    weights: async (dir) => weightsReport.parse(await ask(dir, 'weights', { dir })),
  }
}
