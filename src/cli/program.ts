// The verbs, their arguments and flags. What a verb does is loaded when it is called, so that help is quick.
// No hyperparameter, seed or device is a flag: `vary` writes a file.
import { Command } from 'commander'
import type { ExitCode } from '../contract/errors.ts'
import type { ReplayFlags } from './replay.ts'
import { templateHelp } from './templates.ts'
import type { Terminal } from './terminal.ts'

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value]

const examples = `
Start:
  gonogo init my-project          a small complete project, ready to run
  gonogo check mnist.run.yaml     go/no-go checks, in about half a minute
  gonogo train mnist.run.yaml     the same checks, then the run

Exit codes: 0 done, 1 internal error, 2 usage or config, 3 no-go, 4 stopped early by a rule, 130 interrupted (checkpointed)`

/** `done` gets the exit code of the verb that ran. Every parse error is thrown as a CommanderError. */
export const program = (terminal: Terminal, version: string, done: (code: ExitCode) => void): Command => {
  const root = new Command('gonogo')
    .description('A go/no-go poll for deep-learning experiments, then the run.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .option('--json', 'one JSON document on standard output, nothing else there')
    .addHelpText('after', examples)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options] ', '')}` })
    .exitOverride()

  const verb = (usage: string, description: string) =>
    root
      .command(usage)
      .description(description)
      .helpOption('-h, --help', 'print help')
      .option('--json', 'one JSON document on standard output, nothing else there')
      .exitOverride()

  verb('init <dir>', 'write a new project into a new or empty folder')
    .option('--template <name>', 'which project; they are listed below')
    .addHelpText('after', templateHelp)
    .action(async (dir: string, o: { template?: string }) => {
      const { init } = await import('./init.ts')
      done(await init(dir, o, terminal))
    })

  verb('check <file>', 'preflight only: is this run worth starting?')
    .option('--only <ids>', 'only these checks: K1,V2 or by word (repeatable)', collect, [])
    .option('--skip <id=reason>', 'leave a check out, with the reason (repeatable)', collect, [])
    .option('--verbose', 'a line for each check, also where it is GO')
    .option('--junit <file>', 'write the poll as a JUnit file too, for CI')
    .option('--html <file>', 'write the poll as a page too, with pictures')
    .action(
      async (file: string, o: { only: string[]; skip: string[]; verbose?: boolean; junit?: string; html?: string }) => {
        const { check } = await import('./check.ts')
        done(await check(file, o, terminal))
      },
    )

  verb('train <file>', 'preflight, then train; one run, or several where FILE says seeds: or sweep:')
    .option('--skip <id=reason>', 'leave a check out, with the reason (repeatable; recorded with the run)', collect, [])
    .option('--verbose', 'a line for each check, also where it is GO')
    .action(async (file: string, o: { skip: string[]; verbose?: boolean }) => {
      const { train } = await import('./train.ts')
      done(await train(file, o, terminal))
    })

  verb('resume <run>', 'go on from the newest good checkpoint, bitwise; with a sweep wherever it was')
    .option('--world <n>', 'with another number of processes; no longer bitwise')
    .action(async (run: string, o: { world?: string }) => {
      const { resume } = await import('./train.ts')
      done(await resume(run, o, terminal))
    })

  verb('runs [dir]', 'the runs of a project').action(async (dir: string | undefined) => {
    const { runs } = await import('./look-back.ts')
    done(await runs(dir, terminal))
  })

  verb('board [dir]', 'the runs of a project in a browser, live: curves, findings, stops, the audit')
    .option('--port <n>', 'on this machine alone; 0 takes any free one (default: 4466)')
    .action(async (dir: string | undefined, o: { port?: string }) => {
      const { board } = await import('./board.ts')
      done(await board(dir, o, terminal))
    })

  verb('show <run>', 'one run: verdict, curve, checkpoints, config and where it came from').action(
    async (run: string) => {
      const { show } = await import('./look-back.ts')
      done(await show(run, terminal))
    },
  )

  verb('vary <file> <key=value...>', 'write a run file that extends FILE and changes these values')
    .requiredOption('-o, --output <new>', 'the file to write')
    .action(async (file: string, changes: string[], o: { output: string }) => {
      const { vary } = await import('./files.ts')
      done(await vary(file, changes, o.output, terminal))
    })

  verb('baseline <action> [name] [runs...]', 'named baselines: set NAME RUN…, list, show NAME')
    .option('--reason <text>', 'set it without proof that it is better; recorded with it')
    .action(async (action: string, name: string | undefined, runs: string[], o: { reason?: string }) => {
      const { baseline } = await import('./baseline.ts')
      done(await baseline(action, name, runs, o, terminal))
    })

  verb('compare <a> <b>', 'two experiments over their seeds: is B better than A?').action(
    async (a: string, b: string) => {
      const { compare } = await import('./compare.ts')
      done(await compare(a, b, terminal))
    },
  )

  verb('savings [dir]', 'what NO-GOs and stops have saved, less what the checks cost').action(
    async (dir: string | undefined) => {
      const { savings } = await import('./savings.ts')
      done(await savings(dir, terminal))
    },
  )

  verb('replay <rule>', 'what a stopping rule would have saved and killed on recorded runs')
    .requiredOption('--curves <files...>', 'run folders, projects, TensorBoard logs, CSV or JSON')
    .option('--reference <group>', 'the group whose runs are the benchmark; each: every one in turn')
    .option('--seeds <n>', 'studies that a benchmark needs', undefined)
    .option('--objective <name>', 'the column or tag that is judged (CSV, TensorBoard)')
    .option('--direction <way>', 'min or max')
    .option('--tune', 'fit the constants with families of workloads held out')
    .action(async (rule: string, o: ReplayFlags) => {
      const { replay } = await import('./replay.ts')
      done(await replay(rule, o, terminal))
    })

  verb('schema <file>', 'write the JSON Schema from which editors complete FILE').action(async (file: string) => {
    const { schema } = await import('./files.ts')
    done(await schema(file, terminal))
  })

  return root
}
