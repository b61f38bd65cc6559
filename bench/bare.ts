// The bare engine loop that the overhead is measured against: batches, one graph a step, state fed back. Nothing else.
// A process of its own; prints one JSON line: wall and CPU seconds of the measured steps.

import { dirname } from 'node:path'
import type { OpenRequest } from '../src/contract/index.ts'
import { batchArrays } from '../src/data/dataset.ts'
import { setExperimentFolder } from '../src/data/location.ts'
import { load } from '../src/engine/embedded/loader.ts'
import { noiseFeeds, Project, stateFeeds } from '../src/engine/embedded/project.ts'
import type { Values } from '../src/tensor/compile.ts'

const { request, warmUp, steps } = JSON.parse(process.argv[2] ?? '') as {
  request: OpenRequest
  warmUp: number
  steps: number
}
setExperimentFolder(dirname(request.experiment))
const project = await Project.open((await load(request.experiment)).experiment, request)
const { train } = project.splits

const run = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const { progress } = project
    const at = progress.step % project.stepsPerEpoch
    const epoch = Math.floor(progress.step / project.stepsPerEpoch) + 1
    const ids = project.order(epoch).slice(at * request.batchSize, (at + 1) * request.batchSize)
    const arrays = batchArrays(train.fields, ids.length)
    train.gather(ids, arrays)
    const { program, session } = await project.training(ids.length, true, false)
    const results = await session.run(
      new Map<string, Values>([
        ...arrays,
        ...stateFeeds(project, program),
        ['learning_rate', Float32Array.of(project.learningRate(progress.step))],
        ...noiseFeeds(project, ids),
      ]),
    )
    for (const { name, fetch } of program.state)
      if (fetch !== null) project.state.set(name, results.get(fetch) as Float32Array)
    progress.step++
  }
}

await run(warmUp)
const cpu = process.cpuUsage()
const started = performance.now()
await run(steps)
const wall = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpu)
process.stdout.write(`${JSON.stringify({ wall, cpu: (user + system) / 1e6 })}\n`)
process.exit(0)
