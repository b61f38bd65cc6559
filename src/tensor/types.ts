// Type-level ranks: what tsc can know of shapes (rank and element type, never sizes).
// No values here.

/** Ranks that types follow; anything above is `Any`. */
export type Rank = 0 | 1 | 2 | 3 | 4 | 5 | 6
/** Element types of tensors that users see. */
export type DType = 'float32' | 'int32' | 'bool'

// biome-ignore lint/suspicious/noExplicitAny: the gradual rank; a bare `Tensor` fits every rank
export type Any = any
export type IsAny<T> = 0 extends 1 & T ? true : false

type Lower = { 0: 0; 1: 0; 2: 1; 3: 2; 4: 3; 5: 4; 6: 5 }
type Larger = {
  0: [0, 1, 2, 3, 4, 5, 6]
  1: [1, 1, 2, 3, 4, 5, 6]
  2: [2, 2, 2, 3, 4, 5, 6]
  3: [3, 3, 3, 3, 4, 5, 6]
  4: [4, 4, 4, 4, 4, 5, 6]
  5: [5, 5, 5, 5, 5, 5, 6]
  6: [6, 6, 6, 6, 6, 6, 6]
}

/** Rank after one axis is gone. */
export type Down<R> = IsAny<R> extends true ? Any : R extends keyof Lower ? Lower[R] : Any
/** Rank after broadcasting. */
export type Max<A, B> =
  IsAny<A> extends true
    ? Any
    : IsAny<B> extends true
      ? Any
      : A extends Rank
        ? B extends Rank
          ? Larger[A][B]
          : Any
        : Any
/** Rank with one axis more. */
export type Up<R> =
  IsAny<R> extends true
    ? Any
    : R extends 0
      ? 1
      : R extends 1
        ? 2
        : R extends 2
          ? 3
          : R extends 3
            ? 4
            : R extends 4
              ? 5
              : R extends 5
                ? 6
                : Any

/** A shape as a tuple of the rank's length. */
export type ShapeOf<R> =
  IsAny<R> extends true
    ? readonly number[]
    : R extends 0
      ? readonly []
      : R extends 1
        ? readonly [number]
        : R extends 2
          ? readonly [number, number]
          : R extends 3
            ? readonly [number, number, number]
            : R extends 4
              ? readonly [number, number, number, number]
              : readonly number[]

/** Rank of a shape written as a tuple. */
export type RankOf<S extends readonly unknown[]> = number extends S['length'] ? Any : S['length']

export type Tuple<N, T> = N extends 1
  ? [T]
  : N extends 2
    ? [T, T]
    : N extends 3
      ? [T, T, T]
      : N extends 4
        ? [T, T, T, T]
        : T[]

/** What a parameter is for; the optimizer decays weights and embeddings only. */
export type Role = 'weight' | 'bias' | 'norm' | 'embedding'
