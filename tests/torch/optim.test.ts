// The checks of optimisation on PyTorch: the same classifier with many training steps, healthy and odd and broken.
// One process for all of them: none of these checks needs a fresh one.
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cause, CheckCode, Status } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { onePython } from './one-python.ts'

const folder = path.join(import.meta.dirname, 'optim')
let own: Engine

beforeAll(async () => {
  own = await onePython(folder)
})
afterAll(() => own[Symbol.asyncDispose]())

type Case = readonly [kind: string, check: CheckCode, status: Status, cause: Cause | null]

const cases: readonly Case[] = [
  ['plain', 'O2', 'GO', null],
  ['accumulates', 'O2', 'GO', null],
  ['two-optimizers', 'O2', 'GO', null],
  ['closure', 'O2', 'GO', null],
  ['sharpness-aware', 'O2', 'GO', null],
  ['sparse', 'O2', 'GO', null],
  ['scaled', 'O2', 'GO', null],
  ['frozen-half', 'O2', 'GO', null],
  ['grows-its-loss', 'O2', 'SKIPPED', null],
  ['queue', 'O2', 'SKIPPED', null],
  ['never-clears', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-accumulating', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-one-of-two', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-closure', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['clears-the-head-alone', 'O2', 'NO-GO', 'gradients-not-zeroed'],
]

test.each(cases)('%s: %s says %s', async (kind, check, status, cause) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config: { kind }, only: [check] })
  const finding = findingOf(found, check)
  expect(finding, summary(found)).toMatchObject({ status, cause })
  if (cause !== null) expect(finding.where, summary(found)).toMatch(/experiment\.py:\d+/)
})
