// One worker and the calls made to it: requests, streams, deadlines, death. The same for every engine and every transport.
// It knows the protocol and nothing of what the operations mean.
import {
  type ErrorReport,
  exitCodes,
  fromJson,
  GonogoError,
  maxLine,
  type Operation,
  protocolVersion,
  reply,
  toJson,
} from '../contract/index.ts'
import { lineSplitter } from './lines.ts'
import { type Command, spawned } from './spawned.ts'
import type { Transport } from './transport.ts'

export type Launch = Command & { readonly deadlines?: Partial<Deadlines> }

/** Seconds. */
export type Deadlines = {
  /** From spawn to hello. */
  readonly start: number
  /** Importing the experiment. */
  readonly describe: number
  /** Importing, reading the data and building the model. */
  readonly open: number
  /** Without any sign of life, heartbeats included. */
  readonly silence: number
  /** Without progress in one operation, heartbeats not counted. */
  readonly progress: number
}

const defaults: Deadlines = { start: 120, describe: 30, open: 900, silence: 90, progress: 900 }

/** An operation under way. */
export type Running = {
  readonly answer: Promise<unknown>
  /** Ends it early, after the step it is in. */
  readonly cancel: () => void
  /** Lets it begin no further step; how many it has begun, or Infinity where it has ended or failed meanwhile. */
  readonly pause: () => Promise<number>
  /** Lets a paused one go on, and end after this many steps. */
  readonly until: (steps: number) => void
}

type Pending = {
  readonly operation: Operation
  onBegun?: (steps: number) => void
  readonly onItems: ((items: readonly unknown[]) => void) | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  progressAt: number
}

const living = new Set<WorkerProcess>()
process.once('exit', () => {
  for (const worker of living) worker.kill()
})

/** Kills every worker at once; for the second Ctrl-C. */
export const killAllWorkers = (): void => {
  for (const worker of living) worker.kill()
}

export class WorkerProcess {
  readonly #transport: Transport
  readonly #deadlines: Deadlines
  readonly #pending = new Map<number, Pending>()
  readonly #hello = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #born = Date.now()
  #greeted: boolean = false
  #next = 1
  #aliveAt = Date.now()
  #failure: GonogoError | null = null
  #closing: boolean = false
  #watch: NodeJS.Timeout | null = null

  private constructor(transport: Transport, deadlines: Partial<Deadlines> = {}) {
    this.#transport = transport
    this.#deadlines = { ...defaults, ...deadlines }
    living.add(this)
    this.#hello.promise.catch(() => {})
    const feed = lineSplitter(maxLine, (line) => this.#receive(line))
    transport.listen({
      data: (chunk) => {
        try {
          feed(chunk)
        } catch (error) {
          this.#end(asGonogoError(error))
        }
      },
      gone: (failure) => {
        this.#end(failure)
        this.#gone.resolve()
      },
    })
    this.#watch = setInterval(() => this.#check(), 250)
    this.#watch.unref()
  }

  /** Spawns a worker and waits for its hello. */
  static start({ deadlines, ...command }: Launch): Promise<WorkerProcess> {
    return WorkerProcess.over(spawned(command), deadlines)
  }

  /** A worker at the other end of a transport, once its hello has come. */
  static async over(transport: Transport, deadlines: Partial<Deadlines> = {}): Promise<WorkerProcess> {
    const worker = new WorkerProcess(transport, deadlines)
    await worker.#hello.promise
    return worker
  }

  get pid(): number | undefined {
    return this.#transport.pid
  }

  /** Null while it lives. */
  get failure(): GonogoError | null {
    return this.#failure
  }

  /** Settles when the worker is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Calls an operation and waits for its answer; `onItems` receives what it streams; `signal` asks it to end early. Throws the worker's own error. */
  async call(
    operation: Operation,
    args: unknown,
    onItems?: (items: readonly unknown[]) => void,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { id, answer } = this.#send(operation, args, onItems)
    const cancel = () => this.#write({ cancel: id })
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) cancel()
    try {
      return await answer
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Begins an operation, which may then be steered. */
  begin(operation: Operation, args: unknown, onItems?: (items: readonly unknown[]) => void): Running {
    const { id, answer } = this.#send(operation, args, onItems)
    const ended = answer.then(
      () => Number.POSITIVE_INFINITY,
      () => Number.POSITIVE_INFINITY,
    )
    return {
      answer,
      cancel: () => this.#write({ cancel: id }),
      pause: () => {
        const { promise, resolve } = Promise.withResolvers<number>()
        const pending = this.#pending.get(id)
        if (pending) pending.onBegun = resolve
        this.#write({ pause: id })
        return Promise.race([promise, ended])
      },
      until: (steps) => this.#write({ until: steps, of: id }),
    }
  }

  /** Calls an operation that streams. Leaving the loop early cancels it and waits until it has ended. */
  async *stream(operation: Operation, args: unknown): AsyncGenerator<readonly unknown[]> {
    const arrived: (readonly unknown[])[] = []
    let wake = Promise.withResolvers<void>()
    let ended = false
    const { id, answer } = this.#send(operation, args, (items) => {
      arrived.push(items)
      wake.resolve()
    })
    const settled = answer.then(
      () => null,
      (error: unknown) => error,
    )
    void settled.then(() => {
      ended = true
      wake.resolve()
    })
    let drained = false
    try {
      while (!drained) {
        while (arrived.length > 0) yield arrived.shift() as readonly unknown[]
        if (ended) drained = true
        else {
          await wake.promise
          wake = Promise.withResolvers<void>()
        }
      }
    } finally {
      if (!drained) {
        this.#write({ cancel: id })
        await settled
      }
    }
    const error = await settled
    if (error !== null) throw error
  }

  /** Asks the worker to end, waits a moment, then kills what is left of it. */
  async close(): Promise<void> {
    if (this.#closing) return this.#gone.promise
    this.#closing = true
    if (this.#failure === null) this.#transport.finish()
    else this.kill()
    const force = setTimeout(() => this.kill(), 2000)
    await this.#gone.promise
    clearTimeout(force)
    // children that it left behind
    this.kill()
  }

  /** Ends it now. */
  kill(): void {
    this.#transport.kill()
  }

  #send(operation: Operation, args: unknown, onItems?: (items: readonly unknown[]) => void) {
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    if (this.#failure) reject(this.#failure)
    else {
      this.#pending.set(id, { operation, onItems, resolve, reject, progressAt: Date.now() })
      this.#write({ id, op: operation, args })
    }
    return { id, answer: promise }
  }

  #write(message: unknown): void {
    this.#transport.send(toJson(message))
  }

  #receive(line: string): void {
    this.#aliveAt = Date.now()
    let message: ReturnType<typeof reply.parse>
    try {
      message = reply.parse(fromJson(line))
    } catch (cause) {
      this.#end(
        new GonogoError('WORKER_PROTOCOL', 'a worker sent something that is no message', {
          seen: line.slice(0, 200),
          expected: 'a line of the worker protocol',
          exit: exitCodes.internal,
          cause,
        }),
      )
      return
    }
    if ('beat' in message) return
    if ('hello' in message) {
      this.#greet(message.hello.protocol)
      return
    }
    const pending = this.#pending.get(message.id)
    if (!pending) return
    pending.progressAt = Date.now()
    if ('items' in message) {
      pending.onItems?.(message.items)
      return
    }
    if ('begun' in message) {
      pending.onBegun?.(message.begun)
      return
    }
    this.#pending.delete(message.id)
    if ('error' in message) pending.reject(GonogoError.from(message.error as ErrorReport))
    else pending.resolve(message.ok)
  }

  #greet(theirs: number): void {
    if (theirs === protocolVersion) {
      this.#greeted = true
      this.#hello.resolve()
    } else this.#refuse(theirs)
  }

  #refuse(theirs: number): void {
    this.#end(
      new GonogoError('WORKER_VERSION', 'the worker speaks another version of the protocol', {
        seen: `protocol ${theirs}`,
        expected: `protocol ${protocolVersion}`,
        try: 'install the same version of gonogo on both sides',
      }),
    )
  }

  #check(): void {
    const now = Date.now()
    const silent = (now - this.#aliveAt) / 1000
    const waiting = (now - this.#born) / 1000
    if (!this.#greeted && waiting > this.#deadlines.start) {
      this.#end(startTimeout(waiting))
      return
    }
    for (const { operation, progressAt } of this.#pending.values()) {
      const waited = (now - progressAt) / 1000
      if (operation === 'describe' && waited > this.#deadlines.describe) {
        this.#end(importTimeout(this.#deadlines.describe))
        return
      }
      const limit = operation === 'open' ? this.#deadlines.open : this.#deadlines.progress
      // an import or a data loader may block every thread: only the operation's own deadline holds there
      const mute = operation !== 'open' && operation !== 'describe' && silent > this.#deadlines.silence
      if (waited > limit || mute) {
        this.#end(this.#hung(operation, mute ? silent : waited))
        return
      }
    }
  }

  #hung(operation: Operation, seconds: number): GonogoError {
    return new GonogoError('WORKER_HUNG', `the experiment's process stopped answering during ${operation}`, {
      seen: `${seconds.toFixed(0)} s without ${operation === 'open' ? 'an answer' : 'a sign of progress'}`,
      expected: 'progress',
      try: 'look at the last lines of its log for what it waits for',
      trace: this.#transport.lastLines(),
      exit: exitCodes.internal,
    })
  }

  #end(failure: GonogoError): void {
    if (this.#failure) return
    this.#failure = failure
    if (this.#watch) clearInterval(this.#watch)
    this.#hello.reject(failure)
    for (const pending of this.#pending.values()) pending.reject(failure)
    this.#pending.clear()
    this.kill()
    living.delete(this)
    this.#transport.discard()
  }
}

const startTimeout = (seconds: number): GonogoError =>
  new GonogoError('WORKER_HUNG', "the experiment's process has not said hello", {
    seen: `${seconds.toFixed(0)} s without a word`,
    expected: 'a hello as soon as the interpreter runs',
    try: 'start that interpreter by hand: a slow disk or a start-up file may hold it up',
    exit: exitCodes.internal,
  })

const importTimeout = (seconds: number): GonogoError =>
  new GonogoError('EXPERIMENT_TIMEOUT', 'the experiment takes too long to import', {
    seen: `still importing after ${seconds} s`,
    expected: 'an import that only declares; work belongs into data() and model()',
    try: 'move slow work from the top level into data(), or raise import_seconds under engine:',
  })

const asGonogoError = (error: unknown): GonogoError =>
  error instanceof GonogoError
    ? error
    : new GonogoError('WORKER_PROTOCOL', String(error), { exit: exitCodes.internal, cause: error })
