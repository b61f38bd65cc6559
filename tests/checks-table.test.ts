// Python's table of the checks is the contract's, and so is that of the docs, with a page for each. Not the checks.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkCode, checkWords } from '../src/contract/index.ts'

test('python/gonogo/checks.py names every check, in the same words and order', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../python/gonogo/checks.py'), 'utf8')
  const told = [...text.matchAll(/^ {4}"(\w+)": "([\w-]+)",$/gm)].map(([, code, words]) => [code, words])
  expect(told).toEqual(checkCode.options.map((code) => [code, checkWords[code]]))
})

test('docs/checks.md has a row for every check, and every check a page', () => {
  const docs = path.join(import.meta.dirname, '../docs')
  const rows = readFileSync(path.join(docs, 'checks.md'), 'utf8').matchAll(
    /^\| \[(\w+)\]\((checks\/\w+\.md)\) ([\w-]+) \|/gm,
  )
  const told = [...rows].map(([, code = '', file = '', words = '']) => [code, words, file])
  const wanted = checkCode.options.map((code) => [code, checkWords[code], `checks/${code.toLowerCase()}.md`])
  const byCode = (a: readonly string[], b: readonly string[]) => (a[0] ?? '').localeCompare(b[0] ?? '')
  expect(told.toSorted(byCode)).toEqual(wanted.toSorted(byCode))
  for (const [code, words, file] of wanted)
    expect(readFileSync(path.join(docs, file ?? ''), 'utf8')).toMatch(new RegExp(`^# ${code} ${words}\n`))
})
