// What the form of a loss that is written by hand shows: raw scores picked as if they were log probabilities, a likelihood that is made
// small, targets that a bounded output is held against, a mean over places that a mask has emptied.
// Told from the graph; where it takes numbers of a field to be sure, the field is named. Not the framework's losses (lossFaults.ts).
import { ancestorsOf, frameOf } from './ancestors.ts'
import { boundsOf, constantOf } from './bounds.ts'
import type { Node } from './graph/node.ts'
import { outcomeOf, sourcesOf } from './primitives/custom.ts'

export interface LossForm {
  readonly fault: 'raw-scores' | 'likelihood-minimised' | 'out-of-reach' | 'masked-mean' | 'probabilities'
  readonly function: string
  readonly where: string | null
  readonly how?: string
  /** To be sure, the numbers of this field are needed: shares, targets beyond the bounds, or a mask. */
  readonly field?: string
  readonly low?: number
  readonly high?: number
}

interface Seen {
  readonly terms: readonly Node[]
  readonly fields: ReadonlyMap<Node, string>
  readonly trained: (node: Node) => boolean
  readonly rows: number
}

type Graph = Seen & { readonly nodes: readonly Node[]; readonly users: ReadonlyMap<Node, readonly Node[]> }

export const lossForms = (seen: Seen): LossForm[] => {
  const graph = { ...seen, ...graphOf(seen.terms) }
  const found = graph.nodes.flatMap((node) => {
    const one = picked(node, graph) ?? outOfReach(node, graph) ?? maskedMean(node, graph) ?? addedShares(node, graph)
    return one ? [{ function: 'the loss', where: frameOf(node), ...one }] : []
  })
  // what is to be forgotten is made unlikely, beside what is to be kept; a critic's scores are made small here and large there
  const forgets = graph.nodes.some((node) => isMadeLarge(node, graph))
  const contrasts = new Set(found.flatMap(({ way }) => way ?? [])).size > 1
  return found
    .filter(({ fault }) => !(fault === 'likelihood-minimised' && forgets) && !(fault === 'raw-scores' && contrasts))
    .map(({ way: _, ...form }) => form)
}

const isMadeLarge = (node: Node, graph: Graph): boolean =>
  node.op === 'mul' &&
  node.inputs.some((input) => outcomeOf(stripped(input))?.name === 'log_softmax') &&
  !isOnly(1, directions(node, graph))

/** `way`: of raw scores, which ways the loss goes as they rise. */
type Found = Omit<LossForm, 'function' | 'where'> & { readonly function?: string; readonly way?: readonly number[] }

/** A softmax stands for itself: what it is made of is not looked into. */
const below = (node: Node): readonly Node[] => (outcomeOf(node) ? node.inputs : sourcesOf(node))

const graphOf = (terms: readonly Node[]): Pick<Graph, 'nodes' | 'users'> => {
  const users = new Map<Node, Node[]>()
  const nodes = new Set<Node>()
  const open = [...terms]
  for (let node = open.pop(); node; node = open.pop()) {
    if (nodes.has(node)) continue
    nodes.add(node)
    for (const source of below(node)) {
      users.set(source, [...(users.get(source) ?? []), node])
      open.push(source)
    }
  }
  return { nodes: [...nodes], users }
}

const shapes: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'cast', 'expand'])

const stripped = (node: Node): Node => {
  let at = node
  while (shapes.has(at.op)) at = at.inputs[0] as Node
  return at
}

/** Affine in `from`: 1 or −1 where it keeps or turns its direction, 0 where that is not known; null: not affine. */
const directionOf = (node: Node, from: Node, { trained }: Graph): 1 | -1 | 0 | null => {
  const [a, b] = node.inputs
  const other = a === from ? b : a
  if (a === b && node.op === 'mul') return null
  if (shapes.has(node.op) || ['sum', 'mean', 'add', 'concat', 'pad', 'flip'].includes(node.op)) return 1
  if (node.op === 'neg') return -1
  if (node.op === 'sub') return from === a ? 1 : -1
  if (node.op === 'where') return from !== a && a && !trained(a) ? 1 : null
  if (!other || (node.op !== 'mul' && !(node.op === 'div' && from === a)) || trained(other)) return null
  const factor = constantOf(other)
  return factor === null || factor === 0 ? 0 : factor > 0 ? 1 : -1
}

/** Which ways the terms go as this value rises; null where one of them is no affine function of it. What softmax makes of it does not count. */
const directions = (of: Node, graph: Graph): ReadonlySet<number> | null => {
  const found = new Set<number>()
  const done = new Set<string>()
  const open: (readonly [Node, number])[] = [[of, 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, sign] = next
    if (done.has(`${node.id} ${sign}`)) continue
    done.add(`${node.id} ${sign}`)
    if (graph.terms.includes(node)) found.add(sign)
    for (const user of graph.users.get(node) ?? []) {
      if (['softmax', 'log_softmax'].includes(outcomeOf(user)?.name ?? '')) continue
      const direction = directionOf(user, node, graph)
      if (direction === null) return null
      open.push([user, sign * direction])
    }
  }
  return found
}

/** A layer's own outcome: a product of weights, with or without a bias. */
const layerOf = (node: Node): Node | null => {
  let at = stripped(node)
  while ((at.op === 'mul' || at.op === 'div') && at.inputs.some((one) => constantOf(one) !== null))
    at = stripped(at.inputs.find((one) => constantOf(one) === null) as Node)
  const isProduct = ({ op }: Node) => ['gemm', 'batchMatmul', 'conv2d'].includes(op)
  const bias = at.op === 'add' && at.inputs.some((one) => isProduct(stripped(one)))
  return isProduct(at) || bias ? at : null
}

/** Shares of classes that are given: a one-hot, a teacher's softmax, or a field whose numbers have to be looked at. */
const sharesOf = (node: Node, { trained, fields, rows }: Graph): { readonly field?: string } | null => {
  const at = stripped(node)
  if (trained(at) || (node.shape.at(-1) ?? 0) < 2) return null
  const made = outcomeOf(at)?.name
  if (made === 'one_hot' || made === 'softmax') return {}
  const field = fields.get(at)
  return field !== undefined && at.dtype === 'float32' && at.shape[0] === rows && at.shape.length > 1 ? { field } : null
}

const isOnly = (way: number, ways: ReadonlySet<number> | null): boolean => ways?.size === 1 && ways.has(way)

const picked = (node: Node, graph: Graph): Found | null => {
  const [a, b] = node.inputs
  if (node.op !== 'mul' || !a || !b || a === b) return null
  const [shares, scores] = graph.trained(a) ? [b, a] : [a, b]
  if (!graph.trained(scores) || node.shape.length !== scores.shape.length) return null
  const known = sharesOf(shares, graph)
  if (!known) return null
  const log = stripped(scores)
  if (outcomeOf(log)?.name === 'log_softmax') {
    return isOnly(1, directions(node, graph)) ? { fault: 'likelihood-minimised', ...known } : null
  }
  const layer = layerOf(scores)
  // any other use of the scores, a logarithm of a sum, a square, may give the loss its floor
  if (!layer || !directions(layer, graph)?.size) return null
  // shares are never negative: what was picked rises with the scores
  return { fault: 'raw-scores', ...known, way: [...(directions(node, graph) ?? [])] }
}

/** A difference whose square or size counts, of an output between bounds and a field. */
const outOfReach = (node: Node, graph: Graph): Found | null => {
  const [a, b] = node.inputs
  if (node.op !== 'sub' || !a || !b) return null
  const counts = (graph.users.get(node) ?? []).some(
    ({ op, inputs }) => op === 'abs' || op === 'sumSquare' || (op === 'mul' && inputs[0] === inputs[1]),
  )
  const [said, known] = graph.trained(a) ? [a, b] : [b, a]
  const field = graph.fields.get(stripped(known))
  if (!counts || field === undefined || !graph.trained(said) || graph.trained(known)) return null
  const { low, high, how } = boundsOf(said)
  return how !== '' && (Number.isFinite(low) || Number.isFinite(high))
    ? { fault: 'out-of-reach', field, low, high, how }
    : null
}

/** A mean over all places of what was multiplied by a field with a number for each place, and not divided by that field’s sum. */
const maskedMean = (node: Node, graph: Graph): Found | null => {
  if (node.op !== 'mean' || node.shape.length > 0) return null
  const product = stripped(node.inputs[0] as Node)
  if (product.op !== 'mul') return null
  const mask = product.inputs.find((one) => graph.fields.has(stripped(one)))
  const other = product.inputs.find((one) => one !== mask)
  if (!mask || !other || !graph.trained(other)) return null
  const at = stripped(mask)
  if (at.shape.length < 2 || (at.shape[1] ?? 0) < 2) return null
  // divided by the mask's own mean or sum, it is a mean over what is left
  const divided = graph.nodes.some(({ op, inputs: [, by] }) => op === 'div' && by && ancestorsOf([by]).has(at))
  return divided ? null : { fault: 'masked-mean', field: graph.fields.get(at) as string }
}

/** Shares of a mixture beside log densities, under an exponential: their logarithms belong there. */
const addedShares = (node: Node, graph: Graph): Found | null => {
  if (node.op !== 'exp') return null
  let at = stripped(node.inputs[0] as Node)
  // the largest is taken off before
  if (at.op === 'sub') at = stripped(at.inputs[0] as Node)
  if (at.op !== 'add') return null
  const [shares, scores] =
    outcomeOf(stripped(at.inputs[0] as Node))?.name === 'softmax' ? at.inputs : [...at.inputs].reverse()
  if (!shares || !scores || outcomeOf(stripped(shares))?.name !== 'softmax') return null
  const summed = (graph.users.get(node) ?? []).some(({ op }) => op === 'sum')
  const alike = shares.shape.length === scores.shape.length && shares.shape.at(-1) === scores.shape.at(-1)
  return summed && alike && graph.trained(shares) && graph.trained(scores)
    ? { fault: 'probabilities', function: 'the logarithm of a sum of exponentials' }
    : null
}
