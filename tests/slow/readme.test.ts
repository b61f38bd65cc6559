// The README keeps its word: its commands run, its code is the example's, its links lead somewhere.
// What .ci/run or another test runs already is not run again: the test only makes sure that it is there.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { must, root } from './machine.ts'

const text = (file: string) => readFileSync(path.join(root, file), 'utf8')
const readme = text('README.md')
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
  language,
  body,
}))
const bodies = (language: string) => blocks.filter((block) => block.language === language).map(({ body }) => body)
const withoutRemark = (line: string) => line.replace(/\s+#.*$/, '').trim()
const commands = [
  ...new Set(
    bodies('sh')
      .flatMap((body) => body.split('\n'))
      .map(withoutRemark)
      .filter((line) => line !== ''),
  ),
]

test('nothing is left to fill in', () => {
  expect(readme).not.toMatch(/^(CAPTURE-\w+|EXPERIMENT|RUNFILE|TODO.*)$/m)
})

describe('commands', () => {
  const steps = text('.ci/run')
    .split('\n')
    .flatMap((line) => /^\s*step \w+ (.*)$/.exec(line)?.[1] ?? [])
  const ofCi = commands.filter((command) => steps.some((step) => step === command || step.startsWith(`${command} -- `)))
  const others = commands.filter((command) => !ofCi.includes(command))

  test('install, start, test and check are steps of CI', () => {
    expect(ofCi).toEqual(expect.arrayContaining(['npm ci', 'npm start', 'npm test', 'npm run check']))
  })

  test.each(others)('%s', (command) => {
    expect(command).toMatch(/^npm run -s gonogo -- /)
    // `vary` overwrites nothing, and the test may run twice.
    const written = / -o (\S+)$/.exec(command)?.[1]
    if (written !== undefined) rmSync(path.resolve(root, written), { force: true })
    must(command, root)
  })

  test('the way from init to a run is that of tests/slow/packed.test.ts', () => {
    const packed = text('tests/slow/packed.test.ts')
    const block = bodies('text').find((body) => body.includes('gonogo init'))
    const lines = (block ?? '').split('\n').map(withoutRemark)
    for (const line of lines.filter((each) => each !== '' && !each.startsWith('cd ')))
      expect(packed).toContain(`must('${line}', `)
    expect(lines).toContain('npx gonogo init my-project')
  })
})

test('the way from pip to a run is that of the template', () => {
  const block = bodies('text').find((body) => body.includes('pip install gonogo')) ?? ''
  const lines = block.trim().split('\n').map(withoutRemark)
  const { next } = JSON.parse(text('templates/torch/template.json')) as { next: string[] }
  expect(lines).toEqual(['pip install gonogo', 'gonogo init my-project', 'cd my-project', ...next])
})

/** Lines of `part` that `whole` does not hold, or holds only before an earlier one of them. */
const outOfPlace = (part: string, whole: string): string[] => {
  const lines = whole.split('\n')
  let from = 0
  return part.split('\n').filter((line) => {
    if (line.trim() === '') return false
    const at = lines.indexOf(line, from)
    if (at >= 0) from = at + 1
    return at < 0
  })
}

test.each([
  ['ts', 'examples/mnist/experiment.ts'],
  ['yaml', 'examples/mnist/mnist.run.yaml'],
])('its %s is that of %s', (language, file) => {
  const [body = ''] = bodies(language)
  expect(body.length).toBeGreaterThan(100)
  expect(outOfPlace(body, text(file))).toEqual([])
})

test('its links lead to files', () => {
  const prose = readme.replace(/^```[\s\S]*?^```$/gm, '')
  const links = [...prose.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter((link) => !existsSync(path.join(root, link)))).toEqual([])
})
