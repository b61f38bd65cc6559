// The checks on PyTorch: for each check a bug of the corpus, in a step of its own and managed, is a NO-GO that names its cause.
// Not all that are planted, nor healthy programs on several seeds: `npm run corpus`.
import path from 'node:path'
import { expect, test } from 'vitest'
import { type CheckCode, checkCode, type Finding, type RunFile, verdictOf } from '../../src/contract/index.ts'
import { check } from '../../src/run.ts'
import { absent, findingOf, findingsOf, root, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const runOf = corpusTwins()

const bugs: readonly (readonly [program: string, check: CheckCode])[] = [
  ['CK01/manual', 'K1'],
  ['CK31/managed', 'K1'],
  ['CK16/manual', 'K2'],
  ['CK15/manual', 'K4'],
  ['CK30/manual', 'K5'],
  ['VA05/manual', 'V2'],
  ['DA13/normalised', 'V2'],
  ['VA02/manual', 'V3'],
  ['VA01/managed', 'V3'],
  ['VA06/manual', 'V4'],
  ['VA20/managed', 'V4'],
  ['IL05/manual', 'I1'],
  ['IL06/managed', 'I1'],
  ['OP03/manual', 'O1'],
  ['OP03/stray', 'O1'],
  ['IL01/managed', 'O4'],
  ['IL09/manual', 'O4'],
  ['SE03/manual', 'S1'],
  ['SE03/managed', 'S1'],
  ['TA31/manual', 'I4'],
]

/** Checks that only warn or skip on these programs would hide that nothing was looked at. */
const statuses = (found: readonly Finding[]) => found.map(({ check, status }) => `${check} ${status}`).sort()
const many = absent.map((code) => `${code} SKIPPED`)
const allGo = checkCode.options
  .filter((code) => !absent.includes(code))
  .map((code) => `${code} GO`)
  .concat(many)
  .sort()

test.each(bugs)('%s: %s', async (name, code) => {
  const { file, causes } = await runOf(name, 'buggy')
  const found = await findingsOf(file, { only: [code] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(causes, summary(found)).toContain(finding.cause)
  expect(finding.seen).not.toBeNull()
  expect(finding.expected).not.toBeNull()
  expect(finding.advice).not.toBeNull()
})

test('SE04/managed: S3 explains what S1 finds, and is GO where names are sorted', async () => {
  const only: CheckCode[] = ['S1', 'S3']
  const found = await findingsOf((await runOf('SE04/managed', 'buggy')).file, { only })
  expect(findingOf(found, 'S3'), summary(found)).toMatchObject({ status: 'NO-GO', cause: 'hash-order' })
  const fixed = await findingsOf((await runOf('SE04/managed', 'fixed')).file, { only })
  expect(findingOf(fixed, 'S3'), summary(fixed)).toMatchObject({ status: 'GO' })
})

// a config that is not strict is refused while it is read, before there is a plan whose checks could run
test.each(['CF01/manual', 'CF02/manual', 'CF02/choice'])('%s is refused as it is read', async (name) => {
  const { file, causes } = await runOf(name, 'buggy')
  const refused = await check(file).then(
    () => null,
    (error: { code?: string }) => error.code,
  )
  expect(causes).toContain(refused)
})

test.each(['H59/manual', 'H08/managed', 'H46/manual', 'H58/manual'])('%s: never a NO-GO', async (name) => {
  const { file } = await runOf(name, 'healthy')
  const found = await findingsOf(file)
  expect(verdictOf(found), summary(found)).toBe('GO')
  expect(found).toHaveLength(checkCode.options.length)
})

test.each(['examples/mnist-torch/mnist.run.yaml', 'examples/mnist-torch/manual/mnist.run.yaml'])(
  '%s: GO, and SKIPPED what needs several processes',
  async (file) => {
    const found = await findingsOf(path.join(root, file), { run: (run: RunFile) => ({ ...run, threads: 2 }) })
    // on a slow machine these two have no time to look
    const timed = (one: string) => !/^(D4|M2) /.test(one)
    expect(statuses(found).filter(timed), summary(found)).toEqual(allGo.filter(timed))
    expect(verdictOf(found)).toBe('GO')
  },
)

test('healthy and odd: a plateau schedule stepped in evaluate() is as it should be; objects beside the weights warn', async () => {
  const found = await findingsOf((await runOf('H39/manual', 'healthy')).file)
  expect(statuses(found), summary(found)).toEqual(allGo.map((one) => (one === 'K5 GO' ? 'K5 WARN' : one)))
  expect(findingOf(found, 'V3').title).toContain('plateau')
  expect(findingOf(found, 'K5').evidence.objects).toEqual([expect.stringMatching(/^(argparse|numpy)/)])
})

test('one bug, one finding: a lost optimizer is said once, with the step at which it shows', async () => {
  const found = await findingsOf((await runOf('CK01/manual', 'buggy')).file)
  const faults = found.filter(({ status }) => status === 'NO-GO')
  expect(
    faults.map(({ check }) => check),
    summary(found),
  ).toEqual(['K1'])
  expect(faults[0]).toMatchObject({ cause: 'optimizer-not-restored', folded: ['K2'] })
  expect(faults[0]?.where).toMatch(/manual\.py:\d+/)
})

test('a managed program says what it holds by construction, and is measured all the same', async () => {
  const found = await findingsOf((await runOf('H08/managed', 'healthy')).file, {
    only: ['C1', 'V3', 'V4', 'K2', 'K5'],
  })
  for (const { check, status, evidence } of found) {
    expect(`${check} ${status}`, summary(found)).toBe(`${check} GO`)
    expect(evidence.byConstruction, check).toMatch(/managed|schema/)
  }
  expect(found).toHaveLength(5)
})
