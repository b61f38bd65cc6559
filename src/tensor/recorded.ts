// A model that remembers what it returned: the tensors of each call, however they are packed, in the order of the calls.
// It computes nothing of its own; a layer that is called past the model, `model.encoder(x)`, is not seen.
import type { Layer } from './nn/module.ts'
import { Tensor } from './tensor.ts'
import type { Any, DType } from './types.ts'

export type Recorded = { readonly model: Layer; readonly outputs: readonly Tensor<Any, DType>[] }

export const recorded = (model: Layer): Recorded => {
  const outputs: Tensor<Any, DType>[] = []
  const call = (...inputs: Any[]): Any => {
    const made = model(...inputs)
    outputs.push(...tensorsIn(made))
    return made
  }
  for (const [name, value] of Object.entries(model)) Object.defineProperty(call, name, { value, enumerable: true })
  return { model: call, outputs }
}

const tensorsIn = (value: unknown): Tensor<Any, DType>[] => {
  if (value instanceof Tensor) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(tensorsIn)
}
