// The config room: run file → Config. What other rooms may use of it.
export { checkConfig, checkSchema, checkValue, type Issue } from './checkConfig.ts'
export type { Place } from './faults.ts'
export { type LoadedRun, readRunFile } from './readRunFile.ts'
export { runFileSchema } from './runFileSchema.ts'
export { type SchemaFault, schemaFaults } from './schemaFaults.ts'
export { checkPoints, parametersOf } from './space.ts'
export { type TrialFile, trialText } from './trialFile.ts'
export { vary } from './vary.ts'
