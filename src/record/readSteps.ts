// The loss and the learning rate that a run really had at some of its steps, from its journal.
// Not the schedule that was planned: an engine tells that without training.
import { type Disk, nodeDisk, withFile } from '../checkpoint/index.ts'
import { linesOf, parseEvent, parseLine, typeOf } from './journalLine.ts'

/** `rate`: the largest of any group that was applied there; NaN where none was. */
export type TrainedStep = { readonly loss: number; readonly rate: number }

/** By step; in bounded memory, however long the journal is. */
export const readSteps = async (
  journal: string,
  wanted: (step: number) => boolean,
  disk: Disk = nodeDisk,
): Promise<ReadonlyMap<number, TrainedStep>> => {
  const found = new Map<number, TrainedStep>()
  if ((await disk.stat(journal)) === null) return found
  await withFile(disk, journal, 'read', async (file) => {
    for await (const { bytes, whole } of linesOf(file)) {
      const line = whole ? parseLine(bytes) : null
      if (line === null || typeOf(line.json) !== 'steps') continue
      const event = parseEvent(line.json)
      if (event?.type !== 'steps') continue
      // a step that was trained again after a resume counts as it was the last time
      for (const { step, loss, updates } of event.records) {
        if (!wanted(step)) continue
        const applied = updates.filter(({ outcome }) => outcome !== 'accumulated')
        const rate = Math.max(...applied.flatMap(({ learningRates }) => learningRates))
        found.set(step, { loss, rate: Number.isFinite(rate) ? rate : Number.NaN })
      }
    }
  })
  return found
}
