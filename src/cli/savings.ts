// `gonogo savings`: what this project's NO-GOs and stops have saved, less what the checks cost.
// Not the sums: savings.ts makes them.
import { type ExitCode, exitCodes } from '../contract/index.ts'
import { pastRuns } from '../past.ts'
import { readSweep, sweepFolder, sweepNames } from '../record/index.ts'
import { documentText, savingsLines } from '../report/index.ts'
import { savingsOf } from '../savings.ts'
import { projectRoot } from '../surroundings.ts'
import type { Terminal } from './terminal.ts'

/** Seconds of each sweep's one preflight; a damaged sweep is left out. */
const sweepPolls = async (root: string): Promise<number[]> => {
  const sweeps = (await sweepNames(root)).map((name) => readSweep(sweepFolder(root, name)).catch(() => null))
  return (await Promise.all(sweeps)).flatMap((sweep) =>
    (sweep?.events ?? []).flatMap((e) => (e.type === 'polled' ? [e.seconds + e.loadSeconds] : [])),
  )
}

export const savings = async (dir: string | undefined, terminal: Terminal): Promise<ExitCode> => {
  const root = await projectRoot(dir ?? process.cwd())
  const found = savingsOf(await pastRuns(root), await sweepPolls(root))
  terminal.result(savingsLines(found, terminal.look()))
  terminal.document(
    documentText({ ...found, stops: { ...found.stops, reasons: Object.fromEntries(found.stops.reasons) } }),
  )
  return exitCodes.done
}
