// A model that remembers what it returned: the tensors of each call, however they are packed, in the order of the calls.
// It computes nothing of its own; a layer that is called past the model, `model.encoder(x)`, is not seen.
import { runningTrace } from './graph/trace.ts'
import type { Layer } from './nn/module.ts'
import { Tensor } from './tensor.ts'
import type { Any, DType } from './types.ts'

export type Recorded = {
  readonly model: Layer
  readonly inputs: readonly Tensor<Any, DType>[]
  readonly outputs: readonly Tensor<Any, DType>[]
}

export const recorded = (model: Layer): Recorded => {
  const given: Tensor<Any, DType>[] = []
  const outputs: Tensor<Any, DType>[] = []
  const call = (...inputs: Any[]): Any => {
    given.push(...tensorsIn(inputs))
    const made = model(...inputs)
    outputs.push(...tensorsIn(made))
    return made
  }
  for (const [name, value] of Object.entries(model)) Object.defineProperty(call, name, { value, enumerable: true })
  return { model: call, inputs: given, outputs }
}

/** Whole numbers [batch, time] that a cross-entropy of this trace asks for, and those of the same shape that the model was given. */
export const sequencesIn = ({ inputs }: Recorded): Readonly<Record<'asked' | 'given', Tensor>> | null => {
  for (const { labels } of runningTrace()?.losses ?? []) {
    if (labels?.shape.length !== 2) continue
    const given = inputs.find(
      ({ dtype, shape }) =>
        dtype === 'int32' && shape.length === 2 && shape.every((size, i) => size === labels.shape[i]),
    )
    if (given) return { asked: new Tensor<Any, DType>(labels).cast('float32'), given: given.cast('float32') }
  }
  return null
}

const tensorsIn = (value: unknown): Tensor<Any, DType>[] => {
  if (value instanceof Tensor) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(tensorsIn)
}
