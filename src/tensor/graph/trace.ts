// What is known while a graph is traced: mode, names, state updates, noise inputs.
// Mode belongs to the traced graph; no module holds a flag.
import { place } from '../primitives/leaf.ts'
import { fail } from './error.ts'
import type { Node } from './node.ts'

/** Integer inputs that key all noise. */
export interface NoiseKey {
  /** uint32 [2], low word first. */
  readonly seed: Node
  /** uint32 [] */
  readonly step: Node
  /** uint32 [batch] */
  readonly sampleIds: Node
}

/** A call of one of the framework's losses, and the logits that it was given. */
export interface SeenLoss {
  readonly name: string
  readonly input: Node
  /** Class numbers, where it takes them. */
  readonly labels?: Node
}

export interface Trace {
  readonly mode: 'training' | 'evaluation'
  /** False switches dropout off in training. */
  readonly regularise: boolean
  /** Paths of modules, parameters' and states' nodes. */
  readonly paths: ReadonlyMap<unknown, string>
  /** New values of states, in the order of the first update. */
  readonly updates: Map<Node, Node>
  /** How often each noise stream was drawn. */
  readonly streams: Map<string, number>
  readonly noise: NoiseKey
  /** Losses that take logits, in the order of their calls. */
  readonly losses: SeenLoss[]
}

export interface TraceOptions {
  readonly mode: Trace['mode']
  readonly regularise?: boolean
  readonly paths?: ReadonlyMap<unknown, string>
  readonly batch: number
}

export const newTrace = ({ mode, regularise = true, paths = new Map(), batch }: TraceOptions): Trace => ({
  mode,
  regularise,
  paths,
  updates: new Map(),
  streams: new Map(),
  losses: [],
  noise: {
    seed: place('uint32', [2], 'seed'),
    step: place('uint32', [], 'step'),
    sampleIds: place('uint32', [batch], 'sample ids'),
  },
})

let running: Trace | null = null

/** Runs `body` with `trace` as the current one. */
export function tracing<T>(trace: Trace, body: () => T): T {
  const before = running
  running = trace
  try {
    return body()
  } finally {
    running = before
  }
}

export const runningTrace = (): Trace | null => running

/** The current trace; throws TRACE_NONE outside one. */
export const currentTrace = (what: string): Trace =>
  running ??
  fail({
    code: 'TRACE_NONE',
    seen: `${what} outside a traced graph`,
    expected: 'a call inside a model, a loss or an output',
  })
