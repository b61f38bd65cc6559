// report/: data → text, JSON, HTML. Pure: no clock, no files, no terminal.
// Not a reader of run folders and not a writer to a terminal: record/ and cli/ are.
export { checkDocument, documentText, trainDocument } from './documents.ts'
export { type Ending, endingLines, endingOf } from './ending.ts'
export { errorLines } from './errors.ts'
export { findingLines, headerLine, headerOf, pollNext, verdictLine } from './findings.ts'
export { preflightHtml } from './html.ts'
export { nextLines, shellWord } from './lines.ts'
export { type Colour, type Look, plain } from './look.ts'
export { duration, plural } from './numbers.ts'
export { type ReplayRow, replayHead, replayTable } from './replay.ts'
export { type RunView, showLines } from './show.ts'
export { type RunRow, type RunState, runsTable } from './tables.ts'
export { loggedLine, movingLine, type Watched, watch, watchFrom } from './training.ts'
