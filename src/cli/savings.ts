// `gonogo savings`: what this project's NO-GOs and stops have saved, less what the checks cost.
// Not the sums: savings.ts makes them.
import { type ExitCode, exitCodes } from '../contract/index.ts'
import { pastRuns } from '../past.ts'
import { documentText, savingsLines } from '../report/index.ts'
import { savingsOf, sweepPolls } from '../savings.ts'
import { projectRoot } from '../surroundings.ts'
import type { Terminal } from './terminal.ts'

export const savings = async (dir: string | undefined, terminal: Terminal): Promise<ExitCode> => {
  const root = await projectRoot(dir ?? process.cwd())
  const found = savingsOf(await pastRuns(root), await sweepPolls(root))
  terminal.result(savingsLines(found, terminal.look()))
  terminal.document(
    documentText({ ...found, stops: { ...found.stops, reasons: Object.fromEntries(found.stops.reasons) } }),
  )
  return exitCodes.done
}
