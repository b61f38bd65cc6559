// Appends events to journal.jsonl: one writer, nothing rewritten, cheap for steps and safe for milestones.
// It does not know who may write; the run's lock does, and `guard` asks it.
import { dirname } from 'node:path'
import { bytesInWords, type Disk, diskFull, isDiskFull, nodeDisk } from '../checkpoint/index.ts'
import { GonogoError, type RunEvent } from '../contract/index.ts'
import { formatLine } from './journalLine.ts'
import { readJournal, type TornTail } from './readJournal.ts'

export interface Journal<E = RunEvent> extends AsyncDisposable {
  readonly path: string
  /** What a crash had left at the end, cut when this journal was opened. */
  readonly cut: TornTail | null
  /** Keeps the event in memory; it is written within a second, or with the next flush. Throws where an earlier write failed. */
  append(event: E): void
  /** Writes what was appended; with `sync`, it survives a power cut on return. */
  flush(how?: { readonly sync?: boolean }): Promise<void>
  /** `append`, and for a milestone also `flush` with sync. */
  record(event: E): Promise<void>
  close(): Promise<void>
}

/** Events that a resume or a reader relies on. Steps are not: a resume trains them again. */
export const isMilestone = (event: { readonly type: string }): boolean =>
  event.type !== 'steps' && event.type !== 'warned'

// Bounds what a kill -9 loses from the live view and what stays in memory; neither is needed for a resume.
const delay = 1000
const full = 1 << 18

export type JournalOptions = {
  readonly disk?: Disk
  /** Called before each write; throws where this process has lost the run to another. */
  readonly guard?: () => Promise<void>
}

/**
 * Opens or creates a journal for its one writer and cuts a torn tail.
 *
 * @example
 * await using journal = await openJournal('runs/a-1b2c/journal.jsonl')
 * await journal.record({ type: 'warned', code: 'X', message: '…' })
 */
export const openJournal = async <E extends { readonly type: string } = RunEvent>(
  path: string,
  options: JournalOptions = {},
): Promise<Journal<E>> => {
  const { disk = nodeDisk, guard } = options
  const told = async (error: unknown, bytes: number, last: number): Promise<unknown> => {
    const intact = `the journal up to line ${last} and every checkpoint are intact`
    if (isDiskFull(error)) {
      const free = await disk.free(dirname(path)).catch(() => 0)
      return diskFull({ where: path, needed: bytes, free, intact, cause: error })
    }
    if (error instanceof GonogoError) return error
    return new GonogoError('JOURNAL_WRITE', `the journal cannot be written; ${intact}`, {
      where: path,
      seen: error instanceof Error ? error.message : String(error),
      expected: `${bytesInWords(bytes)} written and synced`,
      try: 'look at the disk, then resume',
      cause: error,
    })
  }

  const found = await readJournal(path, { disk, only: new Set() })
  const file = await disk.open(path, (await disk.stat(path)) === null ? 'create' : 'edit')
  try {
    if (found.torn !== null) await file.truncate(found.end)
    await file.sync()
    await disk.syncFolder(dirname(path))
  } catch (error) {
    await file.close().catch(() => undefined)
    throw await told(error, 0, found.last)
  }

  let end = found.end
  let seq = found.last
  let synced = found.last
  let written = found.last
  let pending: string[] = []
  let size = 0
  let failure: unknown = null
  let failureSeen = false
  let timer: NodeJS.Timeout | null = null
  let turn: Promise<void> = Promise.resolve()
  let closed = false

  const drain = async (sync: boolean): Promise<void> => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (failure !== null) throw failure
    const bytes = Buffer.from(pending.join(''))
    const upTo = seq
    pending = []
    size = 0
    try {
      if (bytes.length > 0) {
        await guard?.()
        await file.write(bytes, end)
      }
      end += bytes.length
      written = upTo
      if (sync && synced < written) {
        await file.sync()
        synced = written
      }
    } catch (error) {
      // After a failed write or sync nobody knows what the disk holds; opening again finds out and cuts.
      failure = await told(error, bytes.length, synced)
      throw failure
    }
  }
  const flush = (sync: boolean): Promise<void> => {
    const result = turn.then(() => drain(sync))
    turn = result.catch(() => undefined)
    return result
  }
  const seen = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (error) {
      failureSeen = true
      throw error
    }
  }
  // A failure in the background is kept in `failure` and thrown by the next call.
  const inBackground = (): void => void flush(false).catch(() => undefined)

  const append = (event: E): void => {
    if (failure !== null) {
      failureSeen = true
      throw failure
    }
    if (closed) throw new Error('the journal is closed')
    const line = formatLine(++seq, synced, new Date().toISOString(), event)
    pending.push(line)
    size += line.length
    if (size >= full) {
      size = 0
      inBackground()
    } else timer ??= setTimeout(inBackground, delay).unref()
  }
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    try {
      await flush(true)
    } finally {
      await file.close().catch(() => undefined)
    }
  }

  return {
    path,
    cut: found.torn,
    append,
    flush: (how = {}) => seen(flush(how.sync ?? false)),
    async record(event) {
      append(event)
      if (isMilestone(event)) await seen(flush(true))
    },
    close,
    // At the end of a block that already threw this failure, throwing it again would only wrap it.
    [Symbol.asyncDispose]: () => (failureSeen ? close().catch(() => undefined) : close()),
  }
}
