// The embedded engine: starts a Node process that imports the experiment and runs its training graph.
// The process itself is embedded/worker.ts; this file only spawns it.
import { dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { description, weightsReport } from '../contract/index.ts'
import type { Engine } from './engine.ts'
import { WorkerSubject } from './subject.ts'
import { WorkerProcess } from './worker.ts'

export const embeddedOptions = z.strictObject({
  /** Longest import of the experiment. */
  import_seconds: z.number().positive().default(20),
})

export type EmbeddedSettings = {
  readonly options: z.output<typeof embeddedOptions>
  /** Where the user's prints go. */
  readonly log: string | null
}

// the worker lies beside this file with the same extension: .ts in a checkout, .js in the package
const worker = fileURLToPath(new URL(`./embedded/worker${extname(import.meta.url)}`, import.meta.url))

export const embedded = (settings: EmbeddedSettings): Engine => {
  const start = (folder: string) =>
    WorkerProcess.start({
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', '--enable-source-maps', worker],
      cwd: folder,
      log: settings.log,
      deadlines: { describe: settings.options.import_seconds },
    })
  return {
    name: 'embedded',
    async describe(at) {
      const process = await start(dirname(at.experiment))
      try {
        return description.parse(await process.call('describe', at))
      } finally {
        await process.close()
      }
    },
    async open(request) {
      return WorkerSubject.open(await start(dirname(request.experiment)), request)
    },
    async weights(dir) {
      const process = await start(dir)
      try {
        return weightsReport.parse(await process.call('weights', { dir }))
      } finally {
        await process.close()
      }
    },
  }
}
