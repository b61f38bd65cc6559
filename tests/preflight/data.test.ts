// The checks on data: what is wrong is told with its cause, and what is merely odd is let pass.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Cause, CheckCode, Status } from '../../src/contract/index.ts'
import { experiments, findingOf, findingsOf, root, seeds, summary } from './polled.ts'

const codes = ['D8', 'D1', 'D7', 'D5', 'D3'] as const satisfies readonly CheckCode[]

const asked = (config: Record<string, unknown>, only: readonly CheckCode[] = codes, seed = 0) =>
  findingsOf('splits/splits.run.yaml', { config, only, seed })

test('healthy: every check on data says GO, on several seeds', async () => {
  for (const seed of seeds) {
    const found = await asked({}, codes, seed)
    expect(
      found.map(({ check, status }) => `${check} ${status}`).toSorted((a, b) => a.localeCompare(b)),
      summary(found),
    ).toEqual(codes.map((code) => `${code} GO`).toSorted((a, b) => a.localeCompare(b)))
  }
}, 60_000)

const planted: readonly (readonly [CheckCode, string, Status, Cause])[] = [
  ['D8', 'nan-input', 'NO-GO', 'input-not-finite'],
  ['D8', 'nan-val', 'NO-GO', 'input-not-finite'],
  ['D8', 'label-beyond', 'NO-GO', 'label-out-of-range'],
  ['D8', 'label-from-one', 'NO-GO', 'label-out-of-range'],
  ['D8', 'all-alike', 'NO-GO', 'inputs-constant'],
  ['D3', 'overlap', 'NO-GO', 'splits-overlap'],
  ['D3', 'same', 'NO-GO', 'splits-overlap'],
  ['D3', 'group', 'NO-GO', 'groups-overlap'],
  ['D3', 'frames', 'WARN', 'near-duplicates'],
  ['D4', 'labels-of-the-next', 'WARN', 'inputs-and-labels-misaligned'],
  ['D5', 'val-not-normalised', 'NO-GO', 'validation-not-normalised'],
  ['D5', 'val-bytes', 'NO-GO', 'validation-not-normalised'],
  ['D5', 'val-normalised-twice', 'NO-GO', 'normalised-twice'],
  ['D5', 'normalised-twice', 'NO-GO', 'normalised-twice'],
  ['D5', 'divided-twice', 'NO-GO', 'normalised-twice'],
  ['D5', 'not-normalised', 'WARN', 'inputs-not-normalised'],
  ['D1', 'view-mixes', 'NO-GO', 'batch-dependent-outputs'],
  ['D1', 'centres-the-batch', 'NO-GO', 'batch-dependent-outputs'],
]

test.each(planted)(
  '%s: %s is %s, %s',
  async (check, fault, status, cause) => {
    const found = await asked({ fault }, [check])
    const finding = findingOf(found, check)
    expect(finding, summary(found)).toMatchObject({ status, cause })
    expect(finding.seen).toMatch(/\d/)
    expect(finding.expected).not.toBeNull()
    expect(finding.advice).not.toBeNull()
    expect(finding.where ?? '').toMatch(/experiment/)
  },
  30_000,
)

describe('odd, and no fault', () => {
  test.each([
    ['few-inputs', []],
    ['blank', []],
    ['small-val', []],
    ['copied-unevenly', ['D3']],
    ['group-is-class', ['D3']],
    ['group-within-train', []],
    ['drift', []],
    ['rare', []],
    ['brighter', []],
    ['sorted-splits', []],
    ['missing-filled-in', []],
    ['pixels', []],
  ] as const)(
    '%s',
    async (odd, warned) => {
      const found = await asked({ odd })
      expect(
        found.filter(({ status }) => status === 'NO-GO'),
        summary(found),
      ).toEqual([])
      expect(
        found.filter(({ status }) => status === 'WARN').map(({ check }) => check),
        summary(found),
      ).toEqual(warned)
    },
    30_000,
  )
})

test('rows that were all repeated as often before the split are no accident of the data', async () => {
  const found = await asked({ odd: 'copied-before-split' }, ['D3'])
  expect(findingOf(found, 'D3'), summary(found)).toMatchObject({ status: 'NO-GO', cause: 'splits-overlap' })
  expect(findingOf(found, 'D3').evidence).toMatchObject({ times: 3 })
}, 30_000)

test('the run file may allow an overlap, and a spoilt number stops what is computed from it', async () => {
  const allowed = await findingsOf('splits/splits.run.yaml', {
    config: { fault: 'overlap' },
    only: ['D3'],
    run: (run) => ({ ...run, preflight: { ...run.preflight, overlap: 0.6 } }),
  })
  expect(findingOf(allowed, 'D3').status, summary(allowed)).toBe('GO')
  const spoilt = await asked({ fault: 'nan-input' }, ['D8', 'O4', 'I1'])
  for (const code of ['O4', 'I1'] as const)
    expect(findingOf(spoilt, code)).toMatchObject({ status: 'SKIPPED', title: 'needs D8, which is NO-GO' })
}, 60_000)

test('a coupling of the batch that is declared is not looked for', async () => {
  const text = readFileSync(path.join(experiments, 'splits/experiment.ts'), 'utf8')
  const folder = mkdtempSync(path.join(root, 'tests/experiments/.declared-'))
  try {
    writeFileSync(path.join(folder, 'experiment.ts'), text.replace('  model: (', '  couplesBatch: true,\n  model: ('))
    copyFileSync(path.join(experiments, 'splits/splits.run.yaml'), path.join(folder, 'splits.run.yaml'))
    const file = path.join(folder, 'splits.run.yaml')
    const found = await findingsOf(file, { config: { fault: 'centres-the-batch' }, only: ['D1'] })
    expect(findingOf(found, 'D1').title, summary(found)).toContain('declares')
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 30_000)

test('D4: labels that do not belong to their inputs are learnt by heart, and help nobody; real ones do, on several seeds', async () => {
  const larger = (fault: string, seed: number) =>
    findingsOf('splits/splits.run.yaml', {
      config: { fault },
      only: ['D4'],
      seed,
      run: (run) => ({ ...run, train: { ...run.train, batch_size: 48 } }),
    })
  for (const seed of seeds) {
    const apart = await larger('misaligned', seed)
    expect(findingOf(apart, 'D4'), summary(apart)).toMatchObject({
      status: 'WARN',
      cause: 'inputs-and-labels-misaligned',
    })
    const right = await larger('none', seed)
    expect(findingOf(right, 'D4').status, summary(right)).toBe('GO')
  }
}, 90_000)
