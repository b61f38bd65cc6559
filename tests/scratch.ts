// Where a suite keeps its scratch folders: in memory where there is room, because what these tests save, they sync, hundreds of times.
// Faults of disks are made by the tests themselves (src/checkpoint/faultyDisk.ts), so nothing is lost by it. Removed at the end.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const inMemory = '/dev/shm'
const enough = 4 * 2 ** 30

const roomy = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(inMemory)
    return bavail * bsize >= enough
  } catch {
    return false
  }
}

export const setup = (): (() => void) => {
  // Compiled code stays where it was: a start from nothing costs twice as much.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache')
  const folder = mkdtempSync(join(roomy() ? inMemory : tmpdir(), 'gonogo-tests-'))
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
