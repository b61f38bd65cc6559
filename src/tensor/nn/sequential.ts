// Layers one after the other; plain functions may stand among them.
// Names are positions, as in PyTorch: '0.weight', '2.bias'.
import { inLayer, currentLayer } from '../graph/site.ts'
import { runningTrace } from '../graph/trace.ts'
import { Tensor } from '../tensor.ts'
import type { Any } from '../types.ts'
import { type Layer, module } from './module.ts'

// A layer generic in rank is seen by inference as one of `unknown` rank; that is any rank.
type Loose<T> = T extends Tensor<infer R, infer D> ? (unknown extends R ? Tensor<Any, D> : T) : T
type Chain<A extends unknown[], B> = (...inputs: { [K in keyof A]: Loose<A[K]> }) => Loose<B>

export function sequential<A extends unknown[], B>(a: (...x: A) => B): Chain<A, B>
export function sequential<A extends unknown[], B, C>(a: (...x: A) => B, b: (x: B) => C): Chain<A, C>
export function sequential<A extends unknown[], B, C, D>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D): Chain<A, D>
export function sequential<A extends unknown[], B, C, D, E>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D, d: (x: D) => E): Chain<A, E>
export function sequential<A extends unknown[], B, C, D, E, F>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D, d: (x: D) => E, e: (x: E) => F): Chain<A, F>
export function sequential<A extends unknown[], B, C, D, E, F, G>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D, d: (x: D) => E, e: (x: E) => F, f: (x: F) => G): Chain<A, G>
export function sequential<A extends unknown[], B, C, D, E, F, G, H>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D, d: (x: D) => E, e: (x: E) => F, f: (x: F) => G, g: (x: G) => H): Chain<A, H>
export function sequential<A extends unknown[], B, C, D, E, F, G, H, I>(a: (...x: A) => B, b: (x: B) => C, c: (x: C) => D, d: (x: D) => E, e: (x: E) => F, f: (x: F) => G, g: (x: G) => H, h: (x: H) => I): Chain<A, I>
/** Calls the layers in order. More than eight: nest, or reduce over nn.list. */
export function sequential(...layers: Layer[]): Layer {
  const children = Object.fromEntries(layers.map((layer, i) => [String(i), layer]))
  return module(children, (m, ...inputs: unknown[]) => {
    const above = currentLayer()
    const call = (layer: Layer, i: number, values: unknown[]): unknown =>
      runningTrace()?.paths.has(layer) ? layer(...values) : inLayer(above ? `${above}.${i}` : String(i), () => layer(...values))
    return layers.slice(1).reduce((value, _, i) => call(m[String(i + 1)] as Layer, i + 1, [value]), call(m['0'] as Layer, 0, inputs))
  })
}
