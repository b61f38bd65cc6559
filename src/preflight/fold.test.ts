import { expect, test } from 'vitest'
import type { Cause, CheckCode, Finding, Status } from '../contract/index.ts'
import { fold } from './fold.ts'

const finding = (check: CheckCode, status: Status, cause: Cause | null, evidence = {}): Finding => ({
  check,
  status,
  cause,
  alternatives: [],
  title: `${check} title`,
  seen: 'seen',
  expected: 'expected',
  where: null,
  evidence,
  advice: 'advice',
  folded: [],
  seconds: 0,
})
const shown = (findings: Finding[]) => findings.map(({ check, status, folded }) => `${status} ${check} [${folded}]`)

test('equal causes: the first is the root, the other keeps a line', () => {
  const [root, symptom] = fold([
    finding('K1', 'NO-GO', 'optimizer-not-restored'),
    finding('K2', 'NO-GO', 'optimizer-not-restored'),
  ])
  expect(root?.folded).toEqual(['K2'])
  expect(symptom).toMatchObject({ status: 'SKIPPED', cause: null, title: 'explained by K1: K2 title' })
})

test('a root found later takes its symptoms, and theirs', () => {
  expect(
    shown(
      fold([
        finding('K1', 'NO-GO', 'weights-not-restored'),
        finding('K2', 'NO-GO', 'weights-not-restored'),
        finding('K4', 'NO-GO', 'names-mismatched'),
      ]),
    ),
  ).toEqual(['SKIPPED K1 []', 'SKIPPED K2 []', 'NO-GO K4 [K1,K2]'])
})

test('different causes stay apart; a warning explains no NO-GO', () => {
  expect(shown(fold([finding('I1', 'NO-GO', 'sum-reduction'), finding('K1', 'NO-GO', 'rng-not-restored')]))).toEqual([
    'NO-GO I1 []',
    'NO-GO K1 []',
  ])
  expect(shown(fold([finding('V4', 'WARN', 'loss-wrong'), finding('O4', 'NO-GO', 'does-not-learn')]))).toEqual([
    'WARN V4 []',
    'NO-GO O4 []',
  ])
})

test('crashes fold only when they are the same crash', () => {
  const crash = (check: CheckCode, message: string) => finding(check, 'NO-GO', 'crashed', { message })
  expect(shown(fold([crash('I1', 'a'), crash('O1', 'a'), crash('V2', 'b')]))).toEqual([
    'NO-GO I1 [O1]',
    'SKIPPED O1 []',
    'NO-GO V2 []',
  ])
})

test('what explains each other does not vanish', () => {
  const found = fold([
    finding('V2', 'NO-GO', 'no-eval-mode'),
    finding('V3', 'NO-GO', 'evaluation-changes-buffers'),
    finding('V4', 'NO-GO', 'batch-dependent-outputs'),
  ])
  expect(found.filter(({ status }) => status === 'NO-GO')).toHaveLength(1)
  expect(found[0]?.folded).toEqual(['V3', 'V4'])
})

test('layers that are not registered: in no optimizer, and so in no checkpoint', () => {
  const root = finding('O1', 'NO-GO', 'parameter-not-in-optimizer', { orphans: ['a', 'b'] })
  expect(
    shown(
      fold([
        root,
        finding('K2', 'NO-GO', 'weights-not-restored', { lost: ['a', 'b'] }),
        finding('K4', 'NO-GO', 'buffers-not-restored', { lost: ['a', 'mean'] }),
      ]),
    ),
  ).toEqual(['NO-GO O1 [K2]', 'SKIPPED K2 []', 'NO-GO K4 []'])
})

test('one crash at other shapes is one crash', () => {
  const crash = (check: CheckCode, rows: number) =>
    finding(check, 'NO-GO', 'crashed', { message: `mat1 and mat2 cannot be multiplied (${rows}x32 and 96x8)` })
  expect(shown(fold([crash('I1', 640), crash('O1', 512)]))).toEqual(['NO-GO I1 [O1]', 'SKIPPED O1 []'])
})

test('a step that crashes for want of a gradient is said by O1', () => {
  const crash = finding('I1', 'NO-GO', 'crashed', { stage: 'train', message: 'no grad' })
  expect(shown(fold([crash, finding('O1', 'NO-GO', 'parameter-without-gradient')]))).toEqual([
    'SKIPPED I1 []',
    'NO-GO O1 [I1]',
  ])
  const save = finding('K1', 'NO-GO', 'save-crashed', { stage: 'save', message: 'x' })
  expect(shown(fold([finding('O1', 'NO-GO', 'parameter-without-gradient'), save]))).toHaveLength(2)
  expect(fold([finding('O1', 'NO-GO', 'parameter-without-gradient'), save])[1]?.status).toBe('NO-GO')
})

test('one wrong sum looks like another at another batch size: the recomputed one stays', () => {
  expect(
    shown(fold([finding('V4', 'NO-GO', 'samples-counted-twice'), finding('V2', 'NO-GO', 'mean-of-batch-means')])),
  ).toEqual(['NO-GO V4 [V2]', 'SKIPPED V2 []'])
})

test('gradients that are never cleared are state that no checkpoint holds', () => {
  expect(
    shown(fold([finding('O2', 'NO-GO', 'gradients-not-zeroed'), finding('K1', 'NO-GO', 'section-not-saved')])),
  ).toEqual(['NO-GO O2 [K1]', 'SKIPPED K1 []'])
})
