// `npm run corpus`: polls every program of the corpus, one after the other, and says what was caught, what was named rightly
// and what was refused wrongly. Not a test suite: what it prints are the figures of a release.
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type CheckCode, checkCode, GonogoError } from '../src/contract/index.ts'
import { check } from '../src/run.ts'
import { judge, type Result, type Said } from './judge.ts'
import { type Program, programsOf } from './programs.ts'
import { sharedEngines } from './shared.ts'
import { byFamily, missedBars, percent, type Share, totalsOf } from './tally.ts'
import { removeTwins, type Twin, writeTwin } from './twins.ts'

const usage = `npm run corpus -- [options]
  --quick             one seed instead of five
  --only ID…          these bugs or programs: OP01, OP01/manual, H07, or a family: OP; several with commas
  --engine NAME       embedded or torch
  --twin NAME         buggy, fixed or healthy
  --narrow            only the checks that are meant to speak: fast, and not the figures of a release
  --shared            one import of PyTorch for all programs: fast, and its times are not a user's
  --shard I/N         every Nth program, from the Ith on, for several machines
  --write             writes the twins, to be looked at and run by hand, and polls nothing
  --json              one JSON document on standard output`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string' },
    twin: { type: 'string' },
    narrow: { type: 'boolean', default: false },
    shared: { type: 'boolean', default: false },
    shard: { type: 'string' },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (text: string) => (values.json ? process.stderr : process.stdout).write(`${text}\n`)
const controller = new AbortController()
const engines = values.shared ? sharedEngines() : null
process.once('SIGINT', () => controller.abort(new Error('interrupted')))

const polled = async (file: string, program: Program, twin: Twin): Promise<Said> => {
  const started = performance.now()
  const since = () => (performance.now() - started) / 1000
  const only = values.narrow && program.expected ? program.expected.checks.filter(isCheck) : []
  let firstNoGo: number | null = null
  const refused = (code: string, message: string): Said => ({
    findings: [],
    refused: { code, message },
    seconds: since(),
    firstNoGo: twin === 'buggy' ? since() : null,
  })
  if (values.narrow && program.expected && only.length === 0)
    return { findings: [], refused: null, seconds: 0, firstNoGo: null }
  try {
    const { findings } = await check(file, {
      signal: controller.signal,
      ...(engines ? { engineFor: engines.engineFor } : {}),
      ...(only.length > 0 ? { only } : {}),
      on: (progress) => {
        const isNoGo = progress.type === 'fault' && progress.status === 'NO-GO'
        if (isNoGo && firstNoGo === null) firstNoGo = since()
      },
    })
    return { findings, refused: null, seconds: since(), firstNoGo }
  } catch (error) {
    if (controller.signal.aborted) throw error
    return error instanceof GonogoError
      ? refused(error.code, `${error.message}${error.seen ? `: ${error.seen}` : ''}`)
      : refused('INTERNAL', error instanceof Error ? error.message : String(error))
  }
}

const isCheck = (code: string): code is CheckCode => (checkCode.options as readonly string[]).includes(code)

const wanted = ({ name, id }: Program): boolean => {
  const asked = values.only.flatMap((text) => text.split(','))
  return asked.length === 0 || asked.some((one) => one === name || one === id || one === id.replace(/\d.*$/, ''))
}

const line = (result: Result): string => {
  const right = result.causeRight === null ? '' : result.causeRight ? '' : '  WRONG CAUSE'
  const mark = {
    caught: 'ok',
    go: 'ok',
    missed: 'MISSED',
    'missed (no check)': 'NO CHECK',
    'false no-go': 'FALSE NO-GO',
  }
  const words = result.spoke.length > 0 ? result.spoke.join(', ') : '-'
  const time = `${result.seconds.toFixed(1)} s${result.firstNoGo === null ? '' : `, first NO-GO ${result.firstNoGo.toFixed(1)} s`}`
  const told = result.outcome === 'false no-go' ? `\n        ${result.title}` : ''
  return `${mark[result.outcome].padEnd(12)}${result.program.padEnd(20)} ${result.twin.padEnd(8)} seed ${result.seed}  expected ${result.expected.padEnd(6)} ${result.verdict.padEnd(8)} ${words}${right}  ${time}${told}`
}

const shareText = ({ count, of, interval }: Share) =>
  of === 0 ? 'none' : `${count} of ${of}, ${percent(count / of)} (${percent(interval[0])} to ${percent(interval[1])})`

if (values.help) {
  console.log(usage)
  process.exit(0)
}
const [shard = 1, shards = 1] = (values.shard ?? '1/1').split('/').map(Number)
const programs = (await programsOf())
  .filter(wanted)
  .filter(({ engine }) => values.engine === undefined || engine === values.engine)
  .filter((_, i) => i % shards === shard - 1)
const results: Result[] = []
const seeds = values.quick ? [0] : [0, 1, 2, 3, 4]
try {
  for (const program of programs)
    for (const twin of (program.expected ? ['buggy', 'fixed'] : ['healthy']) as readonly Twin[]) {
      if (values.twin !== undefined && values.twin !== twin) continue
      for (const seed of seeds) {
        const file = await writeTwin(program, twin, seed)
        if (values.write) {
          say(path.relative(process.cwd(), file))
          break
        }
        const result = judge(program, twin, seed, await polled(file, program, twin), checkCode.options)
        await rm(path.dirname(file), { recursive: true, force: true })
        results.push(result)
        say(line(result))
      }
    }
} catch (error) {
  // what was polled until then is still told
  if (!controller.signal.aborted) throw error
  say('interrupted')
} finally {
  await engines?.close()
  if (!values.write) await removeTwins()
}
const totals = (['embedded', 'torch'] as const)
  .map((engine) => totalsOf(results, engine))
  .filter(({ caught, falseNoGo }) => caught.of + falseNoGo.of > 0)
const missed = totals.flatMap(missedBars)
for (const total of totals) {
  say(`\n${total.engine}`)
  say(`  buggy caught   ${shareText(total.caught)}${total.noCheck > 0 ? `; ${total.noCheck} for want of a check` : ''}`)
  say(`  cause right    ${shareText(total.causeRight)}`)
  say(`  false NO-GO    ${shareText(total.falseNoGo)}`)
  say(`  first NO-GO    ${total.firstNoGo === null ? 'none' : `${total.firstNoGo.toFixed(1)} s at the median`}`)
}
for (const [family, { caught, right, of }] of byFamily(results))
  say(`  ${family}  ${caught} of ${of} caught, ${right} named`)
for (const bar of missed) say(`BAR  ${bar}`)
if (values.json)
  console.log(
    JSON.stringify(
      {
        seeds,
        narrow: values.narrow,
        shared: values.shared,
        results,
        totals,
        families: [...byFamily(results)],
        missed,
      },
      null,
      2,
    ),
  )
if (!values.write) process.exitCode = missed.length > 0 ? 1 : 0
