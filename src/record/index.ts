// The public list of the record room: the run folder, its journal, its lock, and what is written beside them.
// What is not listed here is the room's own.
export { addBaseline, baselineNamed, baselinesPath, readBaselines } from './baselines.ts'
export { effective } from './effective.ts'
export { followJournal, type JournalFollower, type Looked } from './followJournal.ts'
export { type Journal, type JournalOptions, openJournal } from './journal.ts'
export { type JournalEntry, type LineHead, parseEvent } from './journalLine.ts'
export { listRuns, type RunState, type RunSummary, summariseRun, summaryOf } from './listRuns.ts'
export { acquireLock, type Holder, lockHolder, type RunLock } from './lock.ts'
export { dropPass, keepPass, readPass } from './passes.ts'
export type { Life } from './processIdentity.ts'
export { collectProvenance, type GitState, type Provenance, type ProvenanceInput } from './provenance.ts'
export { type JournalRead, type ReadOptions, readJournal, type TornTail } from './readJournal.ts'
export { readSteps } from './readSteps.ts'
export { readScalars, type Scalars } from './readTensorboard.ts'
export {
  createRun,
  findRun,
  type NewRun,
  openRun,
  type RunFolder,
  readRunFolder,
  runNames,
  runsFolder,
} from './runFolder.ts'
export {
  createSweep,
  findSweep,
  readSweep,
  type SweepFolder,
  sweepFolder,
  sweepIdFor,
  sweepNames,
} from './sweepFolder.ts'
export { openTensorboard, type TensorboardWriter } from './tensorboard.ts'
