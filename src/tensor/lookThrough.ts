// What the graph of a loss shows without a number: which fields it and the model's outputs hang on, and what its losses are given.
// Builds no program. Not what a check makes of it.
import { ancestorsOf } from './ancestors.ts'
import { fieldsOf, isParameter, uniqueTensors } from './fields.ts'
import { checkedTerms, type Terms } from './forward.ts'
import type { Node } from './graph/node.ts'
import { newTrace, tracing } from './graph/trace.ts'
import { dependence, type LossFault, lossFaults } from './lossFaults.ts'
import { lossForms } from './lossForms.ts'
import { type Layer, pathsOf } from './nn/module.ts'
import type { FieldShape } from './program.ts'
import { recorded } from './recorded.ts'
import { type Torn, tornIn } from './rows.ts'
import type { Any } from './types.ts'

export interface LookOptions {
  readonly model: Layer
  readonly loss: (model: Layer, fields: Any) => Terms
  /** Without their first size. */
  readonly inputs: Readonly<Record<string, FieldShape>>
  readonly mode: 'training' | 'evaluation'
}

export interface LookedThrough {
  /** What stands for the batch's size in shapes. */
  readonly rows: number
  /** Fields that a term of the loss hangs on. */
  readonly loss: ReadonlySet<string>
  /** Fields that an output of the model hangs on, where it is called as a whole and an output has a row for each sample. */
  readonly outputs: ReadonlySet<string> | null
  /** Fields of whole numbers that outputs hang on, and that are looked up in a table or made one-hot. */
  readonly coded: ReadonlySet<string>
  readonly called: readonly string[]
  /** Streams of noise that are drawn, as `layer/stream`. */
  readonly streams: readonly string[]
  readonly faults: readonly LossFault[]
  /** Where the model's outputs lose which values are of which sample. */
  readonly torn: readonly Torn[]
}

/** A size that no layer is likely to have: an axis of that length is the batch's. */
const rows = 101

/** Throws what the experiment's functions throw: a model may take batches of one size alone. */
export const lookThrough = ({ model, loss, inputs, mode }: LookOptions): LookedThrough => {
  const fields = fieldsOf(
    Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape: [rows, ...shape], dtype }]),
    ),
  )
  const trace = newTrace({ mode, paths: pathsOf(model), batch: rows })
  const seen = recorded(model)
  const terms = checkedTerms(tracing(trace, () => loss(seen.model, fields.tensors)))
  const outputs = seen.outputs.map(({ node }) => node).filter(({ shape }) => shape[0] === rows)
  const parameters = new Set(
    uniqueTensors(model)
      .filter(isParameter)
      .map(({ tensor }) => tensor.node),
  )
  const known = new Set(fields.nodes.values())
  const reached = (from: readonly Node[]): ReadonlySet<string> => {
    const below = ancestorsOf(from)
    return new Set([...fields.nodes].flatMap(([name, node]) => (below.has(node) ? [name] : [])))
  }
  const all = ancestorsOf([...terms.values()])
  return {
    rows,
    loss: reached([...terms.values()]),
    outputs: outputs.length > 0 ? reached(outputs) : null,
    coded: codedOf(ancestorsOf(outputs), fields.nodes),
    called: [...new Set(trace.losses.map(({ name }) => name))],
    streams: [...trace.streams.keys()],
    faults: [
      ...lossFaults({ nodes: all, losses: trace.losses, parameters, fields: known, rows }),
      ...lossForms({
        terms: [...terms.values()],
        fields: new Map([...fields.nodes].map(([name, node]) => [node, name])),
        trained: dependence(parameters),
        rows,
      }),
    ],
    torn: tornIn(outputs, known, rows),
  }
}

/** As they are, or one column of them. */
const codedOf = (nodes: ReadonlySet<Node>, fields: ReadonlyMap<string, Node>): ReadonlySet<string> => {
  const looked = new Set<Node>()
  for (const { op, inputs } of nodes)
    if (op === 'oneHot' || op === 'lookup')
      for (let at: Node | undefined = inputs[op === 'oneHot' ? 0 : 1]; at; at = at.inputs[0]) {
        looked.add(at)
        if (!['reshape', 'slice', 'transpose', 'cast', 'expand'].includes(at.op)) break
      }
  return new Set([...fields].flatMap(([name, node]) => (looked.has(node) ? [name] : [])))
}
