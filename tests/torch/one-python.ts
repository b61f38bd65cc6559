// One worker process for many experiments, opened one after the other: importing PyTorch is what costs.
// A real process and the real worker; only the fresh process for each subject is missing, as in a notebook.
import path from 'node:path'
import { description } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { WorkerSubject } from '../../src/engine/subject.ts'
import { WorkerProcess } from '../../src/engine/worker.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Dispose of it to end the process. */
export const onePython = async (folder: string): Promise<Engine> => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  const worker = await WorkerProcess.start({
    command: python,
    args: ['-u', '-m', 'gonogo.worker'],
    env: { PYTHONPATH: path.join(root, 'python') },
    cwd: folder,
    log: null,
    deadlines: { describe: 120 },
  })
  const caller = {
    call: worker.call.bind(worker),
    stream: worker.stream.bind(worker),
    close: async () => {},
  }
  return {
    name: 'torch',
    concurrency: 'one',
    describe: async (at) => description.parse(await worker.call('describe', at)),
    open: (request) => WorkerSubject.open(caller, { ...request, options: { deterministic: 'warn' } }),
    weights: () => Promise.reject(new Error('not here')),
    headers: () => Promise.reject(new Error('not here')),
    settle: () => {},
    [Symbol.asyncDispose]: () => worker.close(),
  }
}
