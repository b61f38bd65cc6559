// The process of one embedded subject: reads requests from descriptor 3, answers on descriptor 4.
// Heavy imports wait until an operation needs them: a describe never loads the runtime, and contract's files are imported
// one by one here and in what a describe loads, since a wrong key in a run file waits for it.
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { fromJson, toJson } from '../../contract/json.ts'
import { maxLine, type Operation, protocolVersion } from '../../contract/protocol.ts'
import { setExperimentFolder } from '../../data/location.ts'
import { lineSplitter } from '../lines.ts'
import { reportOf } from './failure.ts'
import { type Loaded, load } from './loader.ts'
import { filesRead, noteReads } from './reads.ts'
import type { EmbeddedSubject } from './subject.ts'

type Request = { readonly id: number; readonly op: Operation; readonly args: Record<string, unknown> }

// sockets, not file streams: a blocking read would hold a thread of the pool, and the process could not even exit
const replies = new Socket({ fd: 4 })
const send = (message: unknown): void => void replies.write(`${toJson(message)}\n`)
const cancelled = new Set<number>()
let loaded: Loaded | null = null
let subject: EmbeddedSubject | null = null

const loadExperiment = async (path: string): Promise<Loaded> => {
  setExperimentFolder(dirname(path))
  if (loaded === null) noteReads()
  loaded ??= await load(path)
  return loaded
}

const opened = (): EmbeddedSubject => {
  if (!subject) throw new Error('no subject is open')
  return subject
}

const answer = async ({ id, op, args }: Request): Promise<unknown> => {
  const stream = (items: readonly unknown[]) => send({ id, items })
  switch (op) {
    case 'describe': {
      const { describe } = await import('./describe.ts')
      const { experiment, config } = args as { experiment: string; config: Record<string, unknown> }
      return describe((await loadExperiment(experiment)).experiment, config)
    }
    case 'open': {
      const { EmbeddedSubject } = await import('./subject.ts')
      const started = performance.now()
      const project = await loadExperiment(args.experiment as string)
      subject = await EmbeddedSubject.open(project, args as never, started)
      return subject.facts
    }
    case 'train':
      return opened().train(args as never, stream, () => cancelled.has(id))
    case 'evaluate':
      return opened().evaluate(args as never, () => cancelled.has(id))
    case 'data':
      return stream(opened().data(args as never))
    case 'perturb':
      return opened().perturb(args as never)
    case 'schedule':
      return opened().schedule(args as never)
    case 'order':
      return opened().order(args as never)
    case 'survey':
      return opened().survey(args as never)
    case 'dependencies':
      return { code: loaded?.code() ?? [], files: filesRead() }
    case 'own':
      return opened().own(args as never, () => cancelled.has(id))
    case 'state':
      return opened().state(args as never)
    case 'determinism':
      return opened().determinism()
    case 'persist':
      return opened().persist(args as never)
    case 'weights': {
      const { openHeaders, openWeights } = await import('./persist.ts')
      return args.headers ? openHeaders(args.dir as string) : openWeights(args.dir as string)
    }
    case 'fresh':
      throw new Error('a worker that we started is ended, not started anew')
    case 'close':
      return null
    default:
      return op satisfies never
  }
}

const handle = async (request: Request): Promise<void> => {
  try {
    send({ id: request.id, ok: (await answer(request)) ?? null })
  } catch (error) {
    send({ id: request.id, error: reportOf(error, loaded) })
  }
}

send({ hello: { protocol: protocolVersion, pid: process.pid } })
setInterval(() => send({ beat: Date.now() }), 1000)

let turn = Promise.resolve()
const feed = lineSplitter(maxLine, (line) => {
  const message = fromJson(line) as Request | { cancel: number }
  if ('cancel' in message) cancelled.add(message.cancel)
  else turn = turn.then(() => handle(message))
})
const requests = new Socket({ fd: 3 })
requests.on('data', feed)
// the parent is gone or has closed us: nothing is left to do, and nobody to tell
requests.on('end', () => process.exit(0))
requests.on('close', () => process.exit(0))
replies.on('error', () => process.exit(0))
requests.on('error', () => process.exit(0))
