// Reads journal.jsonl: every intact event in order, and how the file ends.
// It repairs nothing. A torn tail is an answer here; damage in the middle is an error, never skipped in silence.

import { type Disk, nodeDisk, withFile } from '../checkpoint/index.ts'
import { GonogoError, type RunEvent, type RunEventOf } from '../contract/index.ts'
import {
  type EventSchema,
  type IntactLine,
  type JournalEntry,
  linesOf,
  parseEvent,
  parseLine,
  typeOf,
} from './journalLine.ts'

const entryOf = <E = RunEvent>({ seq, at, json }: IntactLine, schema?: EventSchema<E>): JournalEntry<E> | null => {
  const event = parseEvent<E>(json, schema)
  return event === null ? null : { seq, at, event }
}

/** What a crash left at the end: bytes that were on their way and never safe. */
export type TornTail = { readonly line: number; readonly bytes: number }

export type JournalRead<E = RunEvent> = {
  readonly entries: readonly JournalEntry<E>[]
  readonly torn: TornTail | null
  /** Length in bytes of the intact part, and the sequence number of its last line. */
  readonly end: number
  readonly last: number
}

const damaged = (path: string, line: number, seen: string): GonogoError =>
  new GonogoError('JOURNAL_DAMAGED', 'the journal is damaged: this is no torn end', {
    where: `${path}:${line}`,
    seen,
    expected: 'the line as it was written, with its checksum and the next sequence number',
    try: `restore the file from a copy; or keep what stands before the damage: head -n ${line - 1} journal.jsonl`,
  })

/**
 * Walks the intact lines. Where one is not: had it once been safe on the disk (a later line says so), the file is damaged;
 * otherwise power went while it was written, and everything from there on is a torn tail, whatever order the disk wrote in.
 */
const walk = async (
  disk: Disk,
  path: string,
  visit: (line: IntactLine, number: number) => void,
): Promise<Omit<JournalRead, 'entries'>> =>
  withFile(disk, path, 'read', async (file) => {
    let end = 0
    let last = 0
    let torn: { line: number; start: number } | null = null
    for await (const { number, start, bytes, whole } of linesOf(file)) {
      const line = whole ? parseLine(bytes) : null
      if (torn === null && line !== null && line.seq === last + 1) {
        visit(line, number)
        last = line.seq
        end = start + bytes.length + 1
        continue
      }
      // A torn write leaves holes and halves, never a sound line in the wrong place.
      if (torn === null && line !== null) {
        throw damaged(path, number, `sequence number ${line.seq} where ${last + 1} belongs: two writers, or an edit`)
      }
      torn ??= { line: number, start }
      if (line !== null && line.synced > last) throw damaged(path, torn.line, 'a line that fails its checksum')
    }
    const size = await file.size()
    return { torn: torn === null ? null : { line: torn.line, bytes: size - torn.start }, end, last }
  })

export type ReadOptions<E = RunEvent> = {
  readonly disk?: Disk
  /** Only events of these types are parsed and returned; the rest is checked and passed over. */
  readonly only?: ReadonlySet<RunEvent['type']>
  /** Of another journal than a run's. */
  readonly schema?: EventSchema<E>
}

/** The events of a journal. A file that is not there yet has none; a torn tail is reported, not thrown. */
export const readJournal = async <E = RunEvent>(
  path: string,
  { disk = nodeDisk, only, schema }: ReadOptions<E> = {},
): Promise<JournalRead<E>> => {
  if ((await disk.stat(path)) === null) return { entries: [], torn: null, end: 0, last: 0 }
  const entries: JournalEntry<E>[] = []
  const wanted: ReadonlySet<string> | undefined = only
  const rest = await walk(disk, path, (line, number) => {
    if (wanted !== undefined && !wanted.has(typeOf(line.json))) return
    const entry = entryOf(line, schema)
    if (entry === null) throw damaged(path, number, 'an event that this gonogo does not know')
    entries.push(entry)
  })
  return { entries, ...rest }
}

/** The last event, without reading a long journal. Null where the tail is torn or does not tell. */
export const lastEvent = async (path: string, disk: Disk = nodeDisk): Promise<JournalEntry | null> => {
  if ((await disk.stat(path)) === null) return null
  return withFile(disk, path, 'read', async (file) => {
    const from = Math.max(0, (await file.size()) - (1 << 17))
    let line: IntactLine | null = null
    for await (const { bytes, whole } of linesOf(file, from)) line = whole ? parseLine(bytes) : null
    return line === null ? null : entryOf(line)
  })
}

/** The first event of a type among the first hundred lines. */
export const firstEvent = async <T extends RunEvent['type']>(
  path: string,
  type: T,
  disk: Disk = nodeDisk,
): Promise<RunEventOf<T> | null> => {
  if ((await disk.stat(path)) === null) return null
  return withFile(disk, path, 'read', async (file) => {
    for await (const { bytes, number } of linesOf(file)) {
      const line = parseLine(bytes)
      if (line === null || number > 100) return null
      const event = typeOf(line.json) === type ? parseEvent(line.json) : null
      if (event?.type === type) return event as RunEventOf<T>
    }
    return null
  })
}
