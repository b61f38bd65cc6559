// From nodes to an ONNX graph: each node that an output needs is emitted once, oldest first.
// Nodes that nothing asks for (gradients of frozen parameters) are never emitted.
import { basename } from 'node:path'
import { fail } from '../graph/error.ts'
import { type Node, type NodeType, primitiveOf } from '../graph/node.ts'
import type { Site } from '../graph/site.ts'
import { sourcesOf } from '../primitives/custom.ts'
import { OnnxGraph } from './graph.ts'

export interface Emission {
  readonly onnx: Uint8Array
  readonly nodes: number
  readonly siteOf: (nodeName: string) => string
  /** Bound inputs that the outputs use. */
  readonly used: ReadonlySet<Node>
}

/** All that `roots` are computed from, oldest first. */
function needed(roots: readonly Node[]): Node[] {
  const seen = new Set(roots)
  const stack = [...seen]
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const source of sourcesOf(node)) {
      if (!seen.has(source)) {
        seen.add(source)
        stack.push(source)
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id)
}

/**
 * Emits `outputs`. `inputs` binds leaves to graph input names; those marked `always` stay inputs even when unused.
 * Throws PARAM_UNREGISTERED for a parameter or state that is bound to nothing.
 */
export function emit(
  inputs: ReadonlyMap<Node, { readonly name: string; readonly always: boolean }>,
  outputs: ReadonlyMap<string, Node>,
): Emission {
  const graph = new OnnxGraph()
  const names = new Map<Node, string>()
  const sites = new Map<string, Site>()
  const labels = new Map<Site, string>()
  const nodes = needed([...outputs.values()])
  const used = new Set(nodes.filter((node) => inputs.has(node)))
  for (const [node, { name, always }] of inputs) {
    if (always || used.has(node)) names.set(node, graph.input(name, node.dtype, node.shape))
  }
  for (const node of nodes) {
    if (names.has(node)) continue
    if (node.op === 'custom') {
      names.set(node, names.get(sourcesOf(node)[0]!)!)
      continue
    }
    if (node.op === 'place') unbound(node)
    let label = labels.get(node.site)
    if (label === undefined) {
      label = labelOf(node.site)
      labels.set(node.site, label)
    }
    graph.label = label
    const from = graph.nodes.length
    const primitive = primitiveOf(node)
    const value = primitive.emit(
      graph,
      node.inputs.map((input) => names.get(input)!),
      node.attrs,
      node,
    )
    for (const made of graph.nodes.slice(from)) sites.set(made.name, node.site)
    names.set(node, value)
  }
  graph.label = ''
  for (const [name, node] of outputs) graph.output(name, names.get(node)!, node.dtype satisfies NodeType, node.shape)
  return {
    onnx: graph.build(),
    nodes: graph.nodes.length,
    used,
    siteOf: (nodeName) => {
      // onnxruntime appends to the names of what it fuses
      const known = sites.has(nodeName) ? nodeName : [...sites.keys()].find((name) => nodeName.startsWith(`${name}/`))
      const site = known === undefined ? undefined : sites.get(known)
      if (!site) return '?'
      return site.layer ? `${site.frame()} (${site.layer})` : site.frame()
    },
  }
}

/** 'head experiment.ts:12' */
function labelOf(site: Site): string {
  const [, file, line] = /^(.*):(\d+):\d+$/.exec(site.frame()) ?? []
  return `${site.layer} ${file ? `${basename(file)}:${line}` : ''}`.trim()
}

function unbound(node: Node): never {
  const { kind } = node.attrs as { kind: string }
  fail({
    code: 'PARAM_UNREGISTERED',
    seen: `a ${kind} of shape [${node.shape.join(', ')}] that is not in the model, made at ${node.site.frame()}`,
    expected: 'every layer, parameter and state among the children of nn.module',
    try: 'name it in the children of the module whose forward uses it',
    where: node.site.frame(),
  })
}
