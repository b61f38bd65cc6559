// Turns "no space left on device" into a sentence that says how much is missing and what is still safe.
// It measures nothing by itself: the caller knows what it was writing.
import { GonogoError } from '../contract/index.ts'
import { type Disk, errorCode } from './disk.ts'

const codes = new Set(['ENOSPC', 'EDQUOT'])

/** Whether an error, or one that it was caused by, says that the disk or the quota is full. Also when it came from a worker. */
export const isDiskFull = (error: unknown): boolean => {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 8; e = e.cause, depth++) {
    if (codes.has(errorCode(e) ?? '') || (e instanceof GonogoError && e.code === 'DISK_FULL')) return true
    if (/\bENOSPC\b|\bEDQUOT\b|no space left on device|disk quota exceeded|os error 28\b/i.test(e.message)) return true
  }
  return false
}

/** 12345678 → `12.3 MB`. */
export const bytesInWords = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${bytes} bytes` : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`
}

/** Bytes that an error of {@link diskFull} says are needed, also after it crossed a pipe as text; 0 where it says nothing. */
export const bytesNeeded = (error: unknown): number =>
  error instanceof GonogoError ? Number(/\((\d+) bytes\) needed/.exec(error.seen ?? '')?.[1] ?? 0) : 0

export const diskFull = (at: {
  /** What was being written. */
  readonly where: string
  /** Bytes it needs in all. */
  readonly needed: number
  /** Bytes free when it began. */
  readonly free: number
  /** What a reader can still rely on. */
  readonly intact: string
  readonly cause?: unknown
}): GonogoError => {
  const missing = at.needed - at.free
  const words = `${bytesInWords(at.needed)} (${at.needed} bytes) needed, ${bytesInWords(at.free)} (${at.free} bytes) free`
  return new GonogoError('DISK_FULL', `the disk is full; ${at.intact}`, {
    where: at.where,
    seen:
      missing > 0
        ? `${words}, ${bytesInWords(missing)} (${missing} bytes) missing`
        : `${words}: the file system refuses all the same; a quota or reserved blocks may stand in the way`,
    expected: 'room for what is new before anything older is removed',
    try: missing > 0 ? `free ${bytesInWords(missing)} on that disk, then go on` : 'look at the quota, then go on',
    cause: at.cause,
  })
}

/** Does it; where the disk is full, undoes what was begun and tells how much is missing. Other errors pass as they are. */
export const orDiskFull = async <T>(
  disk: Disk,
  at: { readonly where: string; readonly needed: number; readonly intact: string },
  work: () => Promise<T>,
  undo: () => Promise<unknown> = async () => undefined,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    await undo().catch(() => undefined)
    if (!isDiskFull(error)) throw error
    throw diskFull({ ...at, free: await disk.free(at.where).catch(() => 0), cause: error })
  }
}
