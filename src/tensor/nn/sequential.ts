// Layers one after the other; plain functions may stand among them.
// Names are positions, as in PyTorch: '0.weight', '2.bias'.
import { currentLayer, inLayer } from '../graph/site.ts'
import { runningTrace } from '../graph/trace.ts'
import type { Tensor } from '../tensor.ts'
import type { Any, DType, IsAny } from '../types.ts'
import { type Layer, module } from './module.ts'

// Inference sees a layer that is generic in rank as one of `unknown` rank: it takes every rank and keeps it.
type Generic<R> = IsAny<R> extends true ? false : unknown extends R ? true : false
type Loose<T> = T extends Tensor<infer R, infer D> ? (Generic<R> extends true ? Tensor<Any, D> : T) : T
type First<L extends readonly Layer[]> = L extends readonly [infer F extends Layer, ...Layer[]]
  ? Loose<Parameters<F>[0]>
  : never

/** What layer F makes of a T. */
type Made<T, F extends Layer> =
  ReturnType<F> extends infer B
    ? B extends Tensor<infer R, infer D>
      ? Generic<R> extends true
        ? T extends Tensor<infer Q, DType>
          ? Tensor<Q, D>
          : Tensor<Any, D>
        : B
      : B
    : never
type Last<L extends readonly Layer[], T> = L extends readonly [infer F extends Layer, ...infer Rest extends Layer[]]
  ? Last<Rest, Made<T, F>>
  : T

/** Nothing to add where F takes what the layers before it make; otherwise the function that F should be. */
type Fit<Before extends readonly Layer[], F extends Layer> =
  Last<Before, First<Before>> extends Loose<Parameters<F>[0]> ? unknown : (x: Last<Before, First<Before>>) => unknown
type Inputs<L extends readonly Layer[]> = L extends readonly [infer F extends Layer, ...Layer[]]
  ? LooseAll<Parameters<F>>
  : never
type LooseAll<A extends unknown[]> = { [K in keyof A]: Loose<A[K]> }

type Chain<L extends readonly Layer[]> = (...inputs: Inputs<L>) => Last<L, First<L>>

export function sequential<A extends Layer>(a: A): Chain<[A]>
export function sequential<A extends Layer, B extends Layer>(a: A, b: B & Fit<[A], B>): Chain<[A, B]>
export function sequential<A extends Layer, B extends Layer, C extends Layer>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
): Chain<[A, B, C]>
export function sequential<A extends Layer, B extends Layer, C extends Layer, D extends Layer>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
): Chain<[A, B, C, D]>
export function sequential<A extends Layer, B extends Layer, C extends Layer, D extends Layer, E extends Layer>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
): Chain<[A, B, C, D, E]>
export function sequential<
  A extends Layer,
  B extends Layer,
  C extends Layer,
  D extends Layer,
  E extends Layer,
  F extends Layer,
>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
  f: F & Fit<[A, B, C, D, E], F>,
): Chain<[A, B, C, D, E, F]>
export function sequential<
  A extends Layer,
  B extends Layer,
  C extends Layer,
  D extends Layer,
  E extends Layer,
  F extends Layer,
  G extends Layer,
>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
  f: F & Fit<[A, B, C, D, E], F>,
  g: G & Fit<[A, B, C, D, E, F], G>,
): Chain<[A, B, C, D, E, F, G]>
export function sequential<
  A extends Layer,
  B extends Layer,
  C extends Layer,
  D extends Layer,
  E extends Layer,
  F extends Layer,
  G extends Layer,
  H extends Layer,
>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
  f: F & Fit<[A, B, C, D, E], F>,
  g: G & Fit<[A, B, C, D, E, F], G>,
  h: H & Fit<[A, B, C, D, E, F, G], H>,
): Chain<[A, B, C, D, E, F, G, H]>
export function sequential<
  A extends Layer,
  B extends Layer,
  C extends Layer,
  D extends Layer,
  E extends Layer,
  F extends Layer,
  G extends Layer,
  H extends Layer,
  I extends Layer,
>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
  f: F & Fit<[A, B, C, D, E], F>,
  g: G & Fit<[A, B, C, D, E, F], G>,
  h: H & Fit<[A, B, C, D, E, F, G], H>,
  i: I & Fit<[A, B, C, D, E, F, G, H], I>,
): Chain<[A, B, C, D, E, F, G, H, I]>
export function sequential<
  A extends Layer,
  B extends Layer,
  C extends Layer,
  D extends Layer,
  E extends Layer,
  F extends Layer,
  G extends Layer,
  H extends Layer,
  I extends Layer,
  J extends Layer,
>(
  a: A,
  b: B & Fit<[A], B>,
  c: C & Fit<[A, B], C>,
  d: D & Fit<[A, B, C], D>,
  e: E & Fit<[A, B, C, D], E>,
  f: F & Fit<[A, B, C, D, E], F>,
  g: G & Fit<[A, B, C, D, E, F], G>,
  h: H & Fit<[A, B, C, D, E, F, G], H>,
  i: I & Fit<[A, B, C, D, E, F, G, H], I>,
  j: J & Fit<[A, B, C, D, E, F, G, H, I], J>,
): Chain<[A, B, C, D, E, F, G, H, I, J]>
/** Calls the layers in order, each on what the one before gives. More than ten: nest, or reduce over nn.list. */
export function sequential(...all: Layer[]): Layer {
  const children = Object.fromEntries(all.map((layer, i) => [String(i), layer]))
  const run = (_: unknown, ...inputs: unknown[]): unknown => {
    const above = currentLayer()
    const call = (layer: Layer, i: number, values: unknown[]): unknown => {
      // a plain function has no path of its own; errors in it name its place
      if (runningTrace()?.paths.has(layer)) return layer(...values)
      return inLayer(above ? `${above}.${i}` : String(i), () => layer(...values))
    }
    return all.slice(1).reduce((value, layer, i) => call(layer, i + 1, [value]), call(all[0]!, 0, inputs))
  }
  return module(children, run)
}
