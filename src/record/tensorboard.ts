// Writes the numbers of a run as TensorBoard event files, one file for each time the run is started or resumed.
// A view for people, not a record: the journal is, and a lost event file is no loss.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Disk, makeFolderSynced, nodeDisk } from '../checkpoint/index.ts'
import type { RunEvent, StepRecord } from '../contract/index.ts'
import { frame, restartEvent, scalarsEvent, versionEvent } from './tfEvent.ts'

/** val_accuracy → val/accuracy, so that TensorBoard groups by split. */
const evaluationTag = (name: string): string => name.replace(/^(train|val|test)_/, '$1/')

const stepScalars = (record: StepRecord): ReadonlyMap<string, number> => {
  const scalars = new Map<string, number>([['train/loss', record.loss]])
  const terms = Object.entries(record.terms)
  // One term is the loss itself.
  if (terms.length > 1)
    for (const [name, value] of terms) scalars.set(name === 'loss' ? 'train/loss_term' : `train/${name}`, value)
  for (const { optimizer, outcome, learningRates, gradientNorm } of record.updates) {
    if (outcome === 'accumulated') continue
    const of = record.updates.length > 1 ? `/${optimizer}` : ''
    for (const [group, rate] of learningRates.entries()) {
      scalars.set(`train/learning_rate${of}${learningRates.length > 1 ? `/${group}` : ''}`, rate)
    }
    if (gradientNorm !== null) scalars.set(`train/gradient_norm${of}`, gradientNorm)
  }
  return scalars
}

export interface TensorboardWriter extends AsyncDisposable {
  readonly path: string
  /** Takes what can be drawn from the event; the rest is passed over. */
  add(event: RunEvent): void
  flush(): Promise<void>
  close(): Promise<void>
}

const full = 1 << 16

/**
 * Starts an event file in `dir`. With `resumedFrom`, TensorBoard forgets what earlier files hold after that step.
 *
 * @example await using board = await openTensorboard(run.tensorboard, { resumedFrom: 430 })
 */
export const openTensorboard = async (
  dir: string,
  { resumedFrom, disk = nodeDisk }: { readonly resumedFrom?: number | undefined; readonly disk?: Disk } = {},
): Promise<TensorboardWriter> => {
  await makeFolderSynced(disk, dir)
  const now = Date.now() / 1000
  const taken = new Set((await disk.list(dir)).map((e) => e.name))
  // Readers go through the files in the order of their names: a resume must sort after what it resumes.
  let second = Math.floor(now)
  const latest = Math.max(0, ...[...taken].map((n) => Number(/tfevents\.(\d+)\./.exec(n)?.[1] ?? 0)))
  if (second <= latest) second = latest + 1
  const path = join(dir, `events.out.tfevents.${second}.${hostname()}.${process.pid}.${randomBytes(3).toString('hex')}`)
  const file = await disk.open(path, 'create')

  let pending: Buffer[] = [frame(versionEvent(now))]
  if (resumedFrom !== undefined) pending.push(frame(restartEvent(now, resumedFrom + 1)))
  let size = 0
  let end = 0
  let turn: Promise<void> = Promise.resolve()
  let failure: unknown = null

  const drain = async (): Promise<void> => {
    if (failure !== null) throw failure
    const bytes = Buffer.concat(pending)
    pending = []
    size = 0
    try {
      if (bytes.length > 0) await file.write(bytes, end)
      end += bytes.length
    } catch (error) {
      failure = error
      throw error
    }
  }
  const flush = (): Promise<void> => {
    const result = turn.then(drain)
    turn = result.catch(() => undefined)
    return result
  }
  const put = (step: number, scalars: ReadonlyMap<string, number>): void => {
    if (scalars.size === 0 || failure !== null) return
    const record = frame(scalarsEvent(Date.now() / 1000, step, scalars))
    pending.push(record)
    size += record.length
    if (size < full) return
    size = 0
    // A failure in the background is kept in `failure` and thrown by the next flush.
    flush().catch(() => undefined)
  }
  const close = async (): Promise<void> => {
    try {
      await flush()
    } finally {
      await file.close()
    }
  }
  await flush()

  return {
    path,
    add(event) {
      if (event.type === 'steps') for (const record of event.records) put(record.step, stepScalars(record))
      if (event.type !== 'evaluated') return
      put(event.step, new Map(Object.entries(event.metrics).map(([name, value]) => [evaluationTag(name), value])))
    },
    flush,
    close,
    [Symbol.asyncDispose]: close,
  }
}
