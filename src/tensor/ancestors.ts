// What nodes of a graph are computed from, and the line that made one. Walks alone; nothing is judged here.
import type { Node } from './graph/node.ts'
import { sourcesOf } from './primitives/custom.ts'

/** Everything that these nodes are computed from, themselves included. */
export const ancestorsOf = (from: readonly Node[]): ReadonlySet<Node> => {
  const found = new Set<Node>()
  const open = [...from]
  // without recursion: graphs of recurrent models are deep
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue
    found.add(node)
    open.push(...sourcesOf(node))
  }
  return found
}

/** The line of the experiment that made a node; null where none is known. */
export const frameOf = ({ site }: Node): string | null => (site.frame() === '?' ? null : site.frame())
