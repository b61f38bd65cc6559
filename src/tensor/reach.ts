// Which parameters each loss term reaches through differentiable steps. Builds no program.
// Whether a gradient is zero is a matter of numbers; this is the graph alone.
import { type ForwardOptions, forward } from './forward.ts'
import { gradients } from './graph/gradient.ts'

/** Loss term → trainable paths that it reaches. */
export function traceReach(options: ForwardOptions): Map<string, string[]> {
  const { terms, parameters } = forward(options)
  const trainable = parameters.filter(({ path }) => !options.frozen?.has(path))
  const leaves = trainable.map(({ tensor }) => tensor.node)
  return new Map(
    [...terms].map(([name, term]) => {
      const reached = gradients(term, leaves)
      return [name, trainable.filter(({ tensor }) => reached.has(tensor.node)).map(({ path }) => path)]
    }),
  )
}
