// Watts while something runs: counted by the processor where it tells, asked of the GPU where there is one, else a rule of thumb.
// What energy costs is not here.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const counters = '/sys/class/powercap'
/** A server's core at work takes about this much, the rest of the machine that. */
const wattsPerCore = 8
const wattsOfTheRest = 30
/** Where a GPU does not tell: most of those that train draw between 150 and 700 W. */
const wattsOfGpu = 300

export type Power = {
  readonly watts: number
  /** What was measured; empty: nothing, it is a rule of thumb. */
  readonly measured: readonly ('processor' | 'GPU')[]
}

type Reading = { readonly microjoules: number; readonly range: number }

/** Begins to measure; call what it returns at the end. `cores`: how many work, for the rule of thumb. */
export const powerMeter = async (cores: number, gpu: boolean): Promise<() => Promise<Power>> => {
  const before = await readCounters()
  const began = performance.now()
  return async () => {
    const seconds = (performance.now() - began) / 1000
    const after = await readCounters()
    const processor = wattsBetween(before, after, seconds)
    const drawn = gpu ? await askGpu() : null
    return {
      watts: (processor ?? wattsPerCore * cores + wattsOfTheRest) + (gpu ? (drawn ?? wattsOfGpu) : 0),
      measured: [
        ...(processor === null ? [] : (['processor'] as const)),
        ...(drawn === null ? [] : (['GPU'] as const)),
      ],
    }
  }
}

/** RAPL's packages. Readable for root alone on most machines since 2020. */
const readCounters = async (): Promise<ReadonlyMap<string, Reading>> => {
  const found = new Map<string, Reading>()
  const names = await readdir(counters).catch(() => [])
  for (const name of names.filter((one) => /^(intel|amd)-rapl:\d+$/.test(one)))
    try {
      const [microjoules, range] = await Promise.all(
        ['energy_uj', 'max_energy_range_uj'].map(async (file) =>
          Number(await readFile(join(counters, name, file), 'utf8')),
        ),
      )
      if (Number.isFinite(microjoules)) found.set(name, { microjoules: microjoules ?? 0, range: range ?? 0 })
    } catch {
      // not allowed to read it: then it is not measured
    }
  return found
}

const wattsBetween = (
  before: ReadonlyMap<string, Reading>,
  after: ReadonlyMap<string, Reading>,
  seconds: number,
): number | null => {
  if (before.size === 0 || seconds < 0.2) return null
  let joules = 0
  for (const [name, { microjoules, range }] of before) {
    const now = after.get(name)
    if (!now) return null
    const used = now.microjoules - microjoules
    // the counter begins anew at its range
    joules += (used < 0 ? used + range : used) / 1e6
  }
  return joules / seconds
}

/** Watts of the first GPU that is visible, now. */
const askGpu = async (): Promise<number | null> => {
  try {
    const { stdout } = await promisify(execFile)(
      'nvidia-smi',
      ['--query-gpu=power.draw', '--format=csv,noheader,nounits'],
      { timeout: 5000 },
    )
    const watts = stdout.split('\n').map(Number.parseFloat).filter(Number.isFinite)
    return watts.length > 0 ? Math.max(...watts) : null
  } catch {
    return null
  }
}
