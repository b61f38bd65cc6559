// Reverse-mode differentiation: from a scalar back to leaves, in a fixed order.
// Each node's rule is its primitive's `vjp`; this file only adds contributions up.
import { add } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { type Node, primitiveOf } from './node.ts'
import { sameShape, show } from './shape.ts'
import { atSite } from './site.ts'

/** Nodes that `root` was computed from by differentiable steps, oldest first. */
function ancestors(root: Node): Node[] {
  const seen = new Set<Node>([root])
  const stack = [root]
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const input of node.inputs) {
      if (!seen.has(input)) {
        seen.add(input)
        stack.push(input)
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id)
}

/** Gradients of the scalar `root` by each of `leaves`; a leaf that `root` does not depend on is missing. */
export function gradients(root: Node, leaves: readonly Node[]): Map<Node, Node> {
  const wanted = new Set(leaves)
  const nodes = ancestors(root)
  const active = new Set<Node>()
  for (const node of nodes) {
    if (wanted.has(node) || node.inputs.some((input) => active.has(input))) active.add(node)
  }
  const found = new Map<Node, Node>()
  if (active.has(root)) found.set(root, scalar(1))
  for (const node of nodes.reverse()) {
    const gradient = found.get(node)
    const { vjp } = primitiveOf(node)
    if (!gradient || !vjp || wanted.has(node)) continue
    atSite(node.site, () => {
      const contributions = vjp(node.inputs, gradient, node.attrs, node)
      node.inputs.forEach((input, i) => {
        const contribution = contributions[i]
        if (!contribution || !active.has(input)) return
        if (!sameShape(contribution.shape, input.shape)) {
          throw new Error(`gradient of ${node.op}: ${show(contribution.shape)} for an input of ${show(input.shape)}`)
        }
        const before = found.get(input)
        found.set(input, before ? add(before, contribution) : contribution)
      })
    })
  }
  return new Map(leaves.flatMap((leaf) => (found.has(leaf) ? [[leaf, found.get(leaf)!] as const] : [])))
}
