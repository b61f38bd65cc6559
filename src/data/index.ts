// gonogo/data: datasets for experiments written in TypeScript.
export { type ArrayOptions, arrays } from './arrays.ts'
export type { Dataset, Field, FieldType, Splits } from './dataset.ts'
export { type NDArray, type NumberArray, readIdx } from './idx.ts'
export { split } from './split.ts'
