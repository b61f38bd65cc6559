// Whether subjects of an experiment may live side by side: by what the engine says, and by what the memory holds.
// A rule of thumb on the safe side; what is really taken is M1's to see.
import type { Facts } from '../contract/index.ts'
import type { Engine } from '../engine/engine.ts'

const bytesOf: ReadonlyMap<string, number> = new Map([
  ['float64', 8],
  ['int64', 8],
  ['bfloat16', 2],
  ['float16', 2],
  ['int8', 1],
  ['uint8', 1],
  ['bool', 1],
])

/** Bytes of the weights and buffers, each storage once. */
export const weightBytes = ({ tensors }: Pick<Facts, 'tensors'>): number =>
  tensors
    .filter(({ tiedTo }) => tiedTo === null)
    .reduce((sum, { shape, dtype }) => sum + shape.reduce((a, b) => a * b, 1) * (bytesOf.get(dtype) ?? 4), 0)

/** Weights, gradients, and as much again of optimizer state: what a subject holds while it trains, in weights. */
const training = 4
/** Captured states of the shared subject that differ, each without gradients: before, on the way, saving, after. */
const captured = 4 * 3
/** Beside it: one that trains with one capture of its own, and one that has just opened. */
const beside = training + 3 + training

/** Bytes of a poll with its subjects side by side. */
export const sideBySide = (facts: Facts): number =>
  (training + captured + beside) * weightBytes(facts) + 2 * (facts.memory?.used ?? 0)

/** One subject at a time: the engine cannot have more, or the memory cannot. */
export const livesAlone = (engine: Pick<Engine, 'concurrency'>, facts: Facts): boolean =>
  engine.concurrency === 'one' || (facts.memory !== undefined && sideBySide(facts) > facts.memory.free)
