// What an optimizer is: pure functions over explicit slots, traced into the training graph.
// No numbers here; the rules are in sgd.ts and adam.ts.
import { fail } from '../graph/error.ts'
import type { Node } from '../graph/node.ts'
import { constant, type Schedule } from '../schedule.ts'
import type { Role } from '../types.ts'

/** Scalars of one update. */
export interface UpdateScalars {
  /** float32 [] */
  readonly learningRate: Node
  /** float64 []: number of this update, 1 for the first. */
  readonly count: Node
}

/** One parameter before its update; slots in the order of `Optimizer.slots`. */
export interface Before {
  readonly value: Node
  readonly gradient: Node
  readonly slots: readonly Node[]
  readonly role: Role
}
export interface After {
  readonly value: Node
  readonly slots: readonly Node[]
}

export interface Optimizer {
  readonly kind: 'sgd' | 'adam' | 'adamw'
  readonly learningRate: Schedule
  /** Largest global gradient norm, or null. */
  readonly clipNorm: number | null
  readonly weightDecay: number
  /** All other numbers, for the record. */
  readonly settings: Readonly<Record<string, number | boolean>>
  /** Slots of each parameter, named as PyTorch names them; each starts at zero. */
  readonly slots: readonly string[]
  /** The update rule, given the scalars of a step. */
  readonly rule: (scalars: UpdateScalars) => (before: Before) => After
}

export interface OptimizerOptions {
  readonly learningRate: number | Schedule
  readonly weightDecay?: number
  /** Scales gradients so that their joint norm is at most this (torch.nn.utils.clip_grad_norm_). */
  readonly clipNorm?: number
}

/** Weight decay is for weights and embeddings: never for biases and normalisation. */
export const decays = (role: Role): boolean => role === 'weight' || role === 'embedding'

const known = new Set(['learningRate', 'weightDecay', 'clipNorm', 'momentum', 'nesterov', 'betas', 'eps'])

/** Checks what all optimizers share. Throws OPTIMIZER_RANGE, OPTIMIZER_OPTION. */
export function shared({ learningRate, weightDecay = 0, clipNorm, ...rest }: OptimizerOptions) {
  const unknown = Object.keys(rest).find((key) => !known.has(key))
  if (unknown !== undefined) {
    fail({ code: 'OPTIMIZER_OPTION', seen: `option ${unknown}`, expected: `one of ${[...known].join(', ')}` })
  }
  if (!(weightDecay >= 0) || (clipNorm !== undefined && !(clipNorm > 0))) {
    fail({
      code: 'OPTIMIZER_RANGE',
      seen: `weightDecay ${weightDecay}, clipNorm ${clipNorm}`,
      expected: 'a weightDecay of 0 or more and a positive clipNorm',
    })
  }
  return {
    learningRate: typeof learningRate === 'number' ? constant({ peak: learningRate }) : learningRate,
    clipNorm: clipNorm ?? null,
    weightDecay,
  }
}
