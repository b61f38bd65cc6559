// The page: everything escaped, nothing loaded, NO-GO open.
// Not its look, which people judge.
import { expect, test } from 'vitest'
import { escapeHtml } from './escape.ts'
import { preflightHtml } from './html.ts'
import { finding, plan, poll } from './report.fixture.ts'

test('hostile text stays text', () => {
  const attack = `"><script>alert(1)</script><img src=x onerror='a'>&\u202e`
  const page = preflightHtml(
    [finding({ title: attack, where: attack, seen: attack, advice: attack, evidence: { [attack]: [attack, null] } })],
    { ...plan, run: { ...plan.run, name: attack } },
  )
  expect(page).not.toMatch(/<script|<img|onerror='/)
  expect(page).not.toContain('\u202e')
  expect(page.split(escapeHtml(attack)).length - 1).toBe(9)
})

test('self-contained: no script, no address, a policy that forbids both', () => {
  const page = preflightHtml(poll, plan, 17.3)
  expect(page).not.toMatch(/<script|https?:|url\(|@import|<link/)
  expect(page).toContain("default-src 'none'")
})

test('says the verdict, opens what is NO-GO, keeps NaN', () => {
  const page = preflightHtml(poll, plan, 17.3)
  expect(page).toContain('<title>NO-GO · mnist-cnn · preflight</title>')
  expect(page.match(/<details [^>]* open>/g)).toEqual(['<details id="K1" class="no-go" open>'])
  expect(page).toContain('<td>NaN</td>')
  expect(page).toContain('6 checks in 17.3 s')
  expect(preflightHtml([finding()], plan)).toContain('<p class="verdict go">GO</p>')
})
