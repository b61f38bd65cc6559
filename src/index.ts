// The public list of gonogo: what an experiment.ts imports. gonogo/tensor, gonogo/data and gonogo/testing lie beside it.
export { type ErrorReport, GonogoError } from './contract/errors.ts'
export type { Finding, Verdict } from './contract/finding.ts'
export {
  type ConfigOf,
  defineExperiment,
  type Experiment,
  type LossTerms,
  name,
  note,
  path,
  type TaskOf,
} from './experiment/experiment.ts'
export { type CheckParts, type CheckSubject, go, noGo, type OwnCheck, skipped, warn } from './experiment/own-check.ts'
export { classification, custom, regression } from './experiment/tasks.ts'
