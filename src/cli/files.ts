// `gonogo vary` and `gonogo schema`: files made from a run file.
// Not what they hold: config/ makes both, with what the experiment declares.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { readRunFile, runFileSchema, vary as varyFile } from '../config/index.ts'
import { type Description, type ExitCode, exitCodes } from '../contract/index.ts'
import { engineFor } from '../engine/index.ts'
import { documentText, nextLines, shellWord } from '../report/index.ts'
import { withSignals } from './interrupt.ts'
import { shownPath } from './paths.ts'
import type { Terminal } from './terminal.ts'

/** What the experiment of a run file declares: its schema above all. Loads no data and builds no model. */
const describe = async (file: string): Promise<Description> => {
  const loaded = await readRunFile(file)
  const engine = engineFor(loaded.experiment, loaded.run, { folder: loaded.folder, log: null })
  return await engine.describe({ experiment: loaded.experiment, config: loaded.run.config })
}

export const vary = async (file: string, changes: string[], output: string, terminal: Terminal): Promise<ExitCode> => {
  using _ = withSignals(terminal, 'interrupted')
  const written = shownPath(await varyFile(file, changes, output, await describe(file)))
  const look = terminal.look()
  terminal.result([
    `${look.colour.go('WROTE')}  ${written}`,
    ...nextLines([`gonogo check ${shellWord(written)}`, `gonogo train ${shellWord(written)}`], look),
  ])
  terminal.document(documentText({ file: written }))
  return exitCodes.done
}

/** The name editors are told: `mnist.run.yaml` → `mnist.schema.json`. */
const schemaName = (file: string): string =>
  `${file.replace(/^.*[/\\]/, '').replace(/(\.run)?\.ya?ml$/, '')}.schema.json`

export const schema = async (file: string, terminal: Terminal): Promise<ExitCode> => {
  using _ = withSignals(terminal, 'interrupted')
  const { folder } = await readRunFile(file)
  const document = runFileSchema(await describe(file))
  if (terminal.json) {
    terminal.document(documentText(document))
    return exitCodes.done
  }
  const path = join(folder, '.gonogo', schemaName(file))
  await mkdir(join(folder, '.gonogo'), { recursive: true })
  await writeFile(path, `${JSON.stringify(document, null, 2)}\n`)
  const look = terminal.look()
  terminal.result([
    `${look.colour.go('WROTE')}  ${shownPath(path)}`,
    'Editors with a YAML language server complete and check from it, when this is the first line of the run file:',
    `  # yaml-language-server: $schema=${relative(folder, path)}`,
  ])
  return exitCodes.done
}
