// replay/: recorded curves → what a stopping rule would have saved and killed. Pure: files are read elsewhere.
// Not a rule: decide/ holds ours, judges.ts those of others for comparison.
export { type Candidate, comparableOnly, identicalTrials, type Trial, trialsOf } from './cases.ts'
export { benchmarkJudge, pathOf } from './judge-benchmark.ts'
export { byFamily, byWorkload, type Judge, type Outcome, outcomeOf, stopsOf } from './outcome.ts'
export { readCsvCurves } from './read-csv.ts'
export { readJsonCurves } from './read-json.ts'
export { type Recorded, recorded } from './recorded.ts'
export { judgesOf, type NamedJudge } from './rules.ts'
export { type Fold, type Grid, gridOf, type Tuned, tune } from './tune.ts'
