// What a graph gives to losses that do not take it: squashed logits, every pair of outputs and targets, a softmax over the batch.
// Told from the graph alone, without a number; so only what no value could make right.
import { frameOf } from './ancestors.ts'
import type { Node } from './graph/node.ts'
import type { SeenLoss } from './graph/trace.ts'
import type { LossForm } from './lossForms.ts'
import { outcomeOf, sourcesOf } from './primitives/custom.ts'

export interface LossFault {
  readonly function: string
  readonly where: string | null
  readonly fault: 'squashed' | 'every-pair' | 'other-axis' | LossForm['fault']
  readonly how?: string
  readonly axis?: number
  readonly wanted?: number
  readonly given?: number[]
  readonly target?: number[]
  readonly field?: string
  readonly low?: number
  readonly high?: number
  readonly share?: number
}

interface Seen {
  readonly nodes: ReadonlySet<Node>
  readonly losses: readonly SeenLoss[]
  readonly parameters: ReadonlySet<Node>
  readonly fields: ReadonlySet<Node>
  /** The batch's size, which no other axis has. */
  readonly rows: number
}

export const lossFaults = ({ nodes, losses, parameters, fields, rows }: Seen): LossFault[] => {
  const trained = dependence(parameters)
  const given = dependence(fields)
  return [
    ...losses.flatMap(({ name, input }) => {
      const how = squashedBy(input, name)
      return how ? [{ function: name, where: frameOf(input), fault: 'squashed' as const, how }] : []
    }),
    ...[...nodes].flatMap((node) => everyPair(node, rows, trained, given) ?? otherAxis(node, rows) ?? []),
  ]
}

/** Whether a node is computed from one of these. */
export const dependence = (leaves: ReadonlySet<Node>): ((node: Node) => boolean) => {
  const known = new Map<Node, boolean>()
  return (node) => {
    // without recursion: graphs of recurrent models are deep
    const open = [node]
    while (!known.has(node)) {
      const top = open[open.length - 1] as Node
      const sources = sourcesOf(top)
      const left = leaves.has(top) ? [] : sources.filter((source) => !known.has(source))
      if (left.length > 0) open.push(...left)
      else {
        known.set(top, leaves.has(top) || sources.some((source) => known.get(source)))
        open.pop()
      }
    }
    return known.get(node) as boolean
  }
}

/**
 * Of logits: a sigmoid or a softmax is what they went through last. Other shapes of the same numbers are looked through. What a ReLU leaves
 * is never negative: of two classes one could never be the likelier; among many classes, zero is a score like any other.
 */
const squashedBy = (node: Node, loss: string): string | null => {
  let at = node
  while (['reshape', 'transpose', 'slice'].includes(at.op)) at = at.inputs[0] as Node
  if (at.op === 'sigmoid') return 'sigmoid'
  if (at.op === 'relu' && loss === 'bceWithLogits') return 'relu'
  return outcomeOf(at)?.name === 'softmax' ? 'softmax' : null
}

const pairing: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'div'])

/** A column of what the model says against a row of what was given, or the reverse; one that was stood up by hand is meant. */
const everyPair = (
  node: Node,
  rows: number,
  trained: (node: Node) => boolean,
  given: (node: Node) => boolean,
): LossFault[] | null => {
  const [a, b] = node.inputs
  if (!pairing.has(node.op) || !a || !b) return null
  const column = [a, b].find(({ shape }) => shape.length === 2 && shape[0] === rows && shape[1] === 1)
  const row = [a, b].find(({ shape }) => shape.length === 1 && shape[0] === rows)
  if (!column || !row || stoodUp(column)) return null
  const [said, known] = trained(column) && !trained(row) ? [column, row] : [row, column]
  if (!trained(said) || trained(known) || !given(known)) return null
  return [
    {
      function: 'the loss',
      where: frameOf(node),
      fault: 'every-pair',
      given: [...said.shape],
      target: [...known.shape],
    },
  ]
}

const stoodUp = (node: Node): boolean => {
  if (node.op === 'reshape') return node.inputs[0]?.shape.length === 1
  return pairing.has(node.op) && node.inputs.some((input) => input.shape.length === 2 && stoodUp(input))
}

/** Log probabilities over one axis picked by shares or classes along another: one of the two axes is the batch. */
const otherAxis = (node: Node, rows: number): LossFault[] | null => {
  if (node.op !== 'mul') return null
  const [first, second] = node.inputs.map((input) => ({ input, outcome: outcomeOf(input) }))
  if (!first?.outcome || !second?.outcome || first.outcome.axis === second.outcome.axis) return null
  const { shape } = first.input
  if (shape.length < 2 || shape.length !== second.input.shape.length) return null
  const [logs, shares] = first.outcome.name === 'log_softmax' ? [first, second] : [second, first]
  if (logs.outcome?.name !== 'log_softmax' || shares.outcome?.name === 'log_softmax') return null
  const [wrong, right] = logs.outcome.axis === 0 ? [logs, shares] : [shares, logs]
  if (wrong.outcome?.axis !== 0 || shape[0] !== rows) return null
  return [
    {
      function: 'the loss',
      where: frameOf(node),
      fault: 'other-axis',
      axis: 0,
      wanted: right.outcome?.axis ?? shape.length - 1,
    },
  ]
}
