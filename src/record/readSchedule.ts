// The learning rate that a run really had, at a few points of its budget, from its journal.
// Not the schedule that was planned: an engine tells that without training.
import { type Disk, nodeDisk, withFile } from '../checkpoint/index.ts'
import { linesOf, parseEvent, parseLine, typeOf } from './journalLine.ts'

/** Step → the largest rate of any group that was applied there; in bounded memory, however long the journal is. */
export const readRates = async (
  journal: string,
  wanted: ReadonlySet<number>,
  disk: Disk = nodeDisk,
): Promise<ReadonlyMap<number, number>> => {
  const rates = new Map<number, number>()
  if ((await disk.stat(journal)) === null) return rates
  await withFile(disk, journal, 'read', async (file) => {
    for await (const { bytes, whole } of linesOf(file)) {
      const line = whole ? parseLine(bytes) : null
      if (line === null || typeOf(line.json) !== 'steps') continue
      const event = parseEvent(line.json)
      if (event?.type !== 'steps') continue
      // a step that was trained again after a resume counts as it was the last time
      for (const { step, updates } of event.records) {
        if (!wanted.has(step)) continue
        const applied = updates.filter(({ outcome }) => outcome !== 'accumulated')
        const rate = Math.max(...applied.flatMap(({ learningRates }) => learningRates))
        if (Number.isFinite(rate)) rates.set(step, rate)
      }
    }
  })
  return rates
}
