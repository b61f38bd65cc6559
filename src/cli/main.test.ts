// The command line from outside: streams, exit codes, suggestions, one JSON document.
// Not what a run does: tests/ runs whole experiments.
import { describe, expect, test } from 'vitest'
import { folder, gonogo } from './gonogo.fixture.ts'

describe('help and version', () => {
  test('help goes to standard output and names every verb', async () => {
    const { code, out, err } = await gonogo(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const verb of [
      'init',
      'check',
      'train',
      'resume',
      'runs',
      'show',
      'vary',
      'schema',
      'baseline',
      'compare',
      'savings',
      'replay',
    ])
      expect(out).toMatch(new RegExp(`^ {2}${verb} `, 'm'))
  })
  test('help of a verb', async () => {
    expect((await gonogo(['vary', '--help'])).out).toMatch(/^Usage: gonogo vary /)
  })
  test('version', async () => {
    expect((await gonogo(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('what was typed wrongly ends with 2 and a suggestion', () => {
  test.each([
    [['trian', 'a.yaml'], 'USAGE_UNKNOWN_VERB', 'try       gonogo train a.yaml'],
    [['frobnicate'], 'USAGE_UNKNOWN_VERB', 'try       gonogo --help'],
    [['check', 'a.yaml', '--onyl', 'K1'], 'USAGE_UNKNOWN_FLAG', 'try       --only'],
    [['train', 'a.yaml', '--seed', '3'], 'USAGE_UNKNOWN_FLAG', 'gonogo train --help'],
    [['check'], 'USAGE_MISSING_ARGUMENT', 'FILE is missing'],
    [['show', 'a', 'b'], 'USAGE_TOO_MANY_ARGUMENTS', 'expected  gonogo show'],
    [['vary', 'a.yaml', 'b=1'], 'USAGE', '--output'],
    [[], 'USAGE_MISSING_VERB', 'gonogo --help'],
    [['check', 'a.yaml', '--only', 'K9'], 'USAGE_UNKNOWN_CHECK', 'K1 resume-equivalence'],
    [['check', 'a.yaml', '--only', 'overfit-one-bach'], 'USAGE_UNKNOWN_CHECK', 'try       --only O4'],
    [['train', 'a.yaml', '--skip', 'K1'], 'USAGE_SKIP_WITHOUT_REASON', "--skip 'K1=why"],
  ])('%j', async (args, code, hint) => {
    const ran = await gonogo(args)
    expect(ran.code).toBe(2)
    expect(ran.out).toBe('')
    expect(ran.err).toContain(code)
    expect(ran.err).toContain(hint)
  })
})

describe('--json', () => {
  test.each([
    [['check', '--json'], 'USAGE_MISSING_ARGUMENT'],
    [['--json', 'trian'], 'USAGE_UNKNOWN_VERB'],
    [['--json'], 'USAGE_MISSING_VERB'],
    [['show', 'nothing-here', '--json'], 'RUN_NOT_FOUND'],
    [['check', 'missing.yaml', '--json'], 'CONFIG_MISSING'],
  ])('%j: one document, also for an error', async (args, code) => {
    await using place = await folder()
    const ran = await gonogo(args, { cwd: place.path })
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code } })
  })
  test('runs of an empty folder', async () => {
    await using place = await folder()
    const ran = await gonogo(['runs', '--json'], { cwd: place.path })
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.out)).toMatchObject({ runs: [] })
  })
  test('help', async () => {
    expect(Object.keys(JSON.parse((await gonogo(['--json', '--help'])).out))).toEqual(['help'])
  })
})

describe('colour', () => {
  const sequence = '\u001b['
  test('none into a pipe, some where it is asked for, none where it is refused', async () => {
    expect((await gonogo(['nope'])).err).not.toContain(sequence)
    expect((await gonogo(['nope'], { env: { FORCE_COLOR: '1' } })).err).toContain(sequence)
    expect((await gonogo(['nope'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).err).not.toContain(sequence)
  })
})

test('the command that is suggested is the one that was typed', async () => {
  await using place = await folder()
  expect((await gonogo(['nope'], { cwd: place.path, env: { npm_command: 'exec' } })).err).toContain('npx gonogo --help')
  expect((await gonogo(['nope'], { cwd: import.meta.dirname })).err).toContain('npm run -s gonogo -- --help')
})
