// Two tiers: a small model of the same code is polled whole, the large one is loaded once; each finding says of which it speaks.
// Real processes; a tiny network with few channels stands for one with more.
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Finding } from '../../src/contract/index.ts'
import { verdictLine } from '../../src/report/index.ts'
import { plain } from '../../src/report/look.ts'
import { check } from '../../src/run.ts'
import { afterSave, leaveOut } from './faulty.ts'
import { experiments, findingOf, findingsOf, summary } from './polled.ts'

const file = path.join(experiments, 'tiny/proxy.run.yaml')
const codes = (found: readonly Finding[], tier: string) =>
  found.filter((one) => one.tier === tier).map((one) => one.check)

test('every check says of which model it speaks, and only the large one is asked what a small one cannot show', async () => {
  const { findings, verdict, seconds } = await check(file)
  expect(verdict, summary(findings)).toBe('GO')
  expect(findings.every(({ tier }) => tier !== undefined)).toBe(true)
  const [proxy, full] = [codes(findings, 'proxy'), codes(findings, 'full')]
  for (const code of ['K1', 'K2', 'K4', 'O1', 'O2', 'O3', 'O4', 'S1', 'V3', 'D3']) expect(proxy).toContain(code)
  expect(full.toSorted((a, b) => a.localeCompare(b))).toEqual(
    ['C1', 'F1', 'K4', 'K5', 'M1', 'M2', 'O10', 'O6', 'O8', 'T1', 'T3'].toSorted((a, b) => a.localeCompare(b)),
  )
  for (const code of ['O6', 'F1', 'C1', 'M2']) expect(proxy).not.toContain(code)
  const line = verdictLine({ verdict, findings, seconds }, plain)
  expect(line).toContain(`${proxy.length} on the proxy`)
}, 60_000)

test('what the full model is asked holds on three seeds', async () => {
  for (const seed of [1, 2, 3]) {
    const found = await findingsOf('tiny/tiny.run.yaml', { seed, tier: 'full' })
    expect(
      found.filter(({ status }) => status === 'NO-GO' || status === 'WARN'),
      summary(found),
    ).toEqual([])
    expect(findingOf(found, 'K4').title).toContain('no value was read')
  }
}, 60_000)

test('a tensor that the large model’s checkpoint lacks is named, from the head of the file alone', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    tier: 'full',
    only: ['K4', 'K5'],
    engine: afterSave(leaveOut('model.safetensors', 'conv.weight')),
  })
  const k4 = findingOf(found, 'K4')
  expect([k4.status, k4.cause, k4.tier], summary(found)).toEqual(['NO-GO', 'section-not-saved', 'full'])
  expect(k4.seen).toContain('conv.weight')
}, 60_000)

test('values that are no numbers are seen without a copy of the weights', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', { tier: 'full', only: ['O8'], config: { learning_rate: 1e38 } })
  expect(['NO-GO', 'WARN'], summary(found)).toContain(findingOf(found, 'O8').status)
}, 60_000)

test('a proxy that the experiment does not take, or that is no smaller, is refused', async () => {
  const changed = (config: Record<string, unknown>) => ({ proxy: config })
  const { proxyConfig } = await import('../../src/proxied.ts')
  const plan = (config: Record<string, unknown>) =>
    ({ run: { config: { width: 16 }, preflight: changed({ config }) } }) as never
  const schema = { type: 'object', properties: { width: { type: 'integer', maximum: 64 } } }
  expect(() => proxyConfig(plan({ widht: 2 }), { schema })).toThrow(/does not take this proxy/)
  expect(() => proxyConfig(plan({ width: 2.5 }), { schema })).toThrow(/does not take this proxy/)
  expect(proxyConfig(plan({ width: 2 }), { schema })).toEqual({ width: 2 })
})
