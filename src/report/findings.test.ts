// The board as it is printed, wide and narrow, with and without colour.
// Not what a check finds.
import { expect, test } from 'vitest'
import { cause } from '../contract/index.ts'
import { causeWords } from './causes.ts'
import { findingLines, headerLine, headerOf, pollNext, verdictLine } from './findings.ts'
import { colours, plain } from './look.ts'
import { finding, noGo, plan, poll } from './report.fixture.ts'

const board = (look = plain) =>
  [
    headerLine(headerOf(plan), look),
    ...poll.flatMap((f) => findingLines(f, look)),
    verdictLine({ verdict: 'NO-GO', findings: poll, seconds: 17.34 }, look),
    ...pollNext('mnist.run.yaml', { verdict: 'NO-GO', findings: poll }, look),
  ].join('\n')

test('a poll at 100 columns', () => {
  expect(board()).toMatchInlineSnapshot(`
    "mnist-cnn · some-engine cpu, 2 threads · seed 0 · plan 7f3a91c2
    GO      S1  same seed: 20 of 20 steps bitwise equal                                  1.6 s
    GO      I1  first loss 2.341; chance 2.303, band 2.29–2.39                           0.3 s
    NO-GO   K1  a resumed run leaves the straight one at step 12
      where     train.py:48   load()
      seen      optimizer empty after load, 12 tensors when saved; step 11 loss equal; step 12 0.8127
                resumed, 0.7391 straight
      expected  bitwise equal (S1 holds here)
      cause     the optimizer state is not restored
      try       optimizer.load_state_dict(state["optimizer"])
      folded    K2
    WARN    V4  val pixels 0.4 sd brighter than train; 3 blocks                          1.2 s
    SKIP    O4  needs O1, which is NO-GO
    WAIVED  V2  "curriculum needs fixed order" · mnist.run.yaml:25
    NO-GO  6 checks, 1 no-go, 1 warning, 1 waived, 1 skipped, 17.3 s
    next  gonogo check mnist.run.yaml --only K1
          gonogo check mnist.run.yaml"
  `)
})

test('a symptom that another finding explains has no line: its root names it', () => {
  const symptom = finding({ check: 'O1', status: 'SKIPPED', title: 'explained by I1', evidence: { explainedBy: 'I1' } })
  expect(findingLines(symptom, plain)).toEqual([])
})

test('under 90 columns: no seconds, text wraps under the text', () => {
  expect(board({ ...plain, columns: 60 })).toMatchInlineSnapshot(`
    "mnist-cnn · some-engine cpu, 2 threads · seed 0 · plan 7f3a91c2
    GO      S1  same seed: 20 of 20 steps bitwise equal
    GO      I1  first loss 2.341; chance 2.303, band 2.29–2.39
    NO-GO   K1  a resumed run leaves the straight one at step 12
      where     train.py:48   load()
      seen      optimizer empty after load, 12 tensors when
                saved; step 11 loss equal; step 12 0.8127
                resumed, 0.7391 straight
      expected  bitwise equal (S1 holds here)
      cause     the optimizer state is not restored
      try       optimizer.load_state_dict(state["optimizer"])
      folded    K2
    WARN    V4  val pixels 0.4 sd brighter than train; 3 blocks
    SKIP    O4  needs O1, which is NO-GO
    WAIVED  V2  "curriculum needs fixed order" ·
                mnist.run.yaml:25
    NO-GO  6 checks, 1 no-go, 1 warning, 1 waived, 1 skipped, 17.3 s
    next  gonogo check mnist.run.yaml --only K1
          gonogo check mnist.run.yaml"
  `)
})

test('colour adds nothing but colour', () => {
  const look = { ...plain, colour: colours(true) }
  const painted = board(look)
  expect(painted).not.toBe(board())
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is taken away
  expect(painted.replace(/\x1b\[[0-9;]*m/g, '')).toBe(board())
})

test('a GO poll', () => {
  const look = { ...plain, command: 'npx gonogo' }
  const findings = [finding(), finding({ check: 'C1' })]
  expect([
    verdictLine({ verdict: 'GO', findings, seconds: 2, loadSeconds: 4.25 }, look),
    ...pollNext("my runs/o'brien.yaml", { verdict: 'GO', findings }, look),
  ]).toEqual(['GO  2 checks, 2.0 s; loading 4.3 s', `next  npx gonogo train 'my runs/o'\\''brien.yaml'`])
})

test('no line is wider than the terminal, whatever the width and the text', () => {
  const long = finding({ ...noGo, title: `${'wörter '.repeat(30)}${'x'.repeat(200)} 日本語テスト`.repeat(2) })
  for (const columns of [20, 40, 79, 80, 89, 90, 120, 200])
    for (const line of findingLines(long, { ...plain, columns }))
      expect(line.length).toBeLessThanOrEqual(Math.max(20, Math.min(columns, 100)))
})

test('an escape sequence in a name is shown, not obeyed', () => {
  const hostile = finding({ title: 'a\u001b[2Jb\u202ec\nd' })
  expect(findingLines(hostile, plain)[0]).toContain('a\\x1b[2Jb\\u{202e}c d')
})

test('every cause has words, and rivals are called likely', () => {
  for (const code of cause.options) expect(causeWords(code)).toMatch(/ /)
  const lines = findingLines(finding({ ...noGo, alternatives: ['ema-not-restored'] }), plain)
  expect(lines.find((line) => line.includes('cause'))).toBe(
    '  cause     likely: the optimizer state is not restored; or the moving average of the weights is not',
  )
})
