// The public list of the record room: the run folder, its journal, its lock, and what is written beside them.
// What is not listed here is the room's own.
export { effective } from './effective.ts'
export { isMilestone, type Journal, type JournalOptions, openJournal } from './journal.ts'
export type { JournalEntry } from './journalLine.ts'
export { listRuns, type RunState, type RunSummary, summarise, summariseRun } from './listRuns.ts'
export { acquireLock, type Holder, lockHolder, type RunLock } from './lock.ts'
export type { Life } from './processIdentity.ts'
export { collectProvenance, type GitState, type Provenance, type ProvenanceInput } from './provenance.ts'
export { firstEvent, type JournalRead, lastEvent, type ReadOptions, readJournal, type TornTail } from './readJournal.ts'
export { redact, redactArguments } from './redact.ts'
export {
  createRun,
  findRun,
  type NewRun,
  openRun,
  type RunFolder,
  readRunFolder,
  runFormat,
  runNames,
  runsFolder,
} from './runFolder.ts'
export { openTensorboard, type TensorboardWriter } from './tensorboard.ts'
