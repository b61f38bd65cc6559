// Follows a journal that may still be written: each look hands on the lines that became whole since the last one.
// Not readJournal: nothing is read twice, and events are decoded by whoever wants them.
import { type Disk, nodeDisk, withFile } from '../checkpoint/index.ts'
import { type LineHead, linesOf, parseHead } from './journalLine.ts'
import { readJournal } from './readJournal.ts'

export type Looked = {
  /** A line that is safe to believe, in order. */
  readonly line: (line: LineHead) => void
  /** The file is another one than before: forget what was seen, everything comes anew. */
  readonly anew: () => void
}

export interface JournalFollower {
  /** Resolves to whether there was anything new. Throws JOURNAL_DAMAGED as reading does. */
  look(on: Looked): Promise<boolean>
}

/** A checksum, a place and a time: no two lines begin alike. */
const markBytes = 80

/**
 * A torn tail waits: its writer is either still writing, or will cut it when the run is resumed.
 *
 * @example
 * const follower = followJournal('runs/a-1b2c/journal.jsonl')
 * await follower.look({ line: ({ at, type }) => console.log(at, type), anew: () => {} })
 */
export const followJournal = (path: string, disk: Disk = nodeDisk): JournalFollower => {
  let end = 0
  let last = 0
  /** Where the last believed line starts, and its first bytes, its checksum among them: another file has others there. */
  let mark = { start: 0, bytes: Buffer.alloc(0) }
  /** Size at which everything up to `end` was all there was. */
  let settled = -1

  /** Whether the lines from `end` on carry on from line `last`. */
  const walk = async (on: Looked): Promise<boolean> =>
    withFile(disk, path, 'read', async (file) => {
      const there = Buffer.alloc(mark.bytes.length)
      if ((await file.read(there, mark.start)) !== there.length || !there.equals(mark.bytes)) return false
      let torn = false
      for await (const { start, bytes, whole } of linesOf(file, end)) {
        const line = whole ? parseHead(bytes) : null
        if (!torn && line !== null && line.seq === last + 1) {
          on.line(line)
          mark = { start, bytes: Buffer.from(bytes.subarray(0, markBytes)) }
          last = line.seq
          end = start + bytes.length + 1
          continue
        }
        if (line !== null && (!torn || line.synced > last)) return false
        torn = true
      }
      settled = torn ? -1 : end
      return true
    })

  return {
    async look(on) {
      const size = (await disk.stat(path))?.bytes ?? 0
      if (size === settled) return false
      const before = last
      const isCut = size < end
      if (size === 0 && !isCut) return false
      if (!isCut && (await walk(on))) return last !== before
      // cut below what was read, or another file in its place
      end = 0
      last = 0
      mark = { start: 0, bytes: Buffer.alloc(0) }
      settled = -1
      on.anew()
      if (size === 0 || (await walk(on))) return true
      // nothing more will come of it until somebody mends it; this says where and why
      settled = size
      await readJournal(path, { disk, only: new Set() })
      return true
    },
  }
}
