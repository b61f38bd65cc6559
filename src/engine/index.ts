// Which engine runs an experiment. The only place that knows the engines' names.
import { extname } from 'node:path'
import type { z } from 'zod'
import { GonogoError, type RunFile } from '../contract/index.ts'
import { embedded, embeddedOptions } from './embedded.ts'
import type { Engine } from './engine.ts'
import { torch, torchOptions } from './torch.ts'

export type { Engine, Process, Subject } from './engine.ts'
export { killAllWorkers } from './worker.ts'

type Settings = {
  readonly folder: string
  readonly log: string | null
  /** The project's root; the folder by default. */
  readonly home?: string
  /** Processes that train together; 1 by default. */
  readonly world?: number
  /** Tells the user something to do. */
  readonly say?: (text: string) => void
  /** Aborted: stop waiting for whoever is to join. */
  readonly signal?: AbortSignal | undefined
}
type Entry = {
  readonly name: string
  readonly extensions: readonly string[]
  readonly devices: readonly RunFile['device'][]
  /** Several processes may train together. */
  readonly parallel: boolean
  readonly create: (options: Record<string, unknown>, settings: Settings) => Engine
}

const parsed = <S extends z.ZodType>(name: string, schema: S, options: Record<string, unknown>): z.output<S> => {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new GonogoError('CONFIG_ENGINE', `engine.${[name, ...(issue?.path ?? [])].join('.')} is not valid`, {
    seen: JSON.stringify(options),
    expected: issue?.message,
  })
}

const entries: readonly Entry[] = [
  {
    name: 'embedded',
    parallel: false,
    extensions: ['.ts', '.mts', '.js', '.mjs'],
    devices: ['auto', 'cpu'],
    create: (options, settings) => embedded({ options: parsed('embedded', embeddedOptions, options), ...settings }),
  },
  {
    name: 'torch',
    parallel: true,
    extensions: ['.py'],
    devices: ['auto', 'cpu', 'cuda'],
    create: (options, settings) =>
      torch({
        options: parsed('torch', torchOptions, options),
        home: settings.folder,
        say: () => {},
        world: 1,
        ...settings,
      }),
  },
]

/** The engine for an experiment file. `engine:` in the run file may set its options, or name one for an odd extension. */
export const engineFor = (
  experiment: string,
  run: Pick<RunFile, 'engine'> & Partial<Pick<RunFile, 'device' | 'world'>>,
  settings: Settings,
): Engine => {
  const device = run.device ?? 'auto'
  const named = Object.keys(run.engine)
  for (const name of named)
    if (!entries.some((entry) => entry.name === name))
      throw new GonogoError('CONFIG_ENGINE', 'there is no such engine', {
        where: `engine.${name}`,
        seen: name,
        expected: entries.map((entry) => entry.name).join(' or '),
      })
  const extension = extname(experiment)
  const entry =
    entries.find(({ extensions }) => extensions.includes(extension)) ?? entries.find(({ name }) => name === named[0])
  if (!entry)
    throw new GonogoError('CONFIG_EXPERIMENT', 'no engine knows this kind of experiment file', {
      where: experiment,
      seen: extension || 'no extension',
      expected: entries.flatMap(({ extensions }) => extensions).join(', '),
    })
  if (!entry.devices.includes(device))
    throw new GonogoError('ENGINE_UNSUPPORTED', `the ${entry.name} engine cannot use this device yet`, {
      where: 'device',
      seen: device,
      expected: entry.devices.join(' or '),
    })
  if ((run.world ?? 1) > 1 && !entry.parallel)
    throw new GonogoError('ENGINE_UNSUPPORTED', `the ${entry.name} engine trains in one process`, {
      where: 'world',
      seen: `world: ${run.world}`,
      expected: 'world: 1',
    })
  return entry.create(run.engine[entry.name] ?? {}, { world: run.world ?? 1, ...settings })
}
