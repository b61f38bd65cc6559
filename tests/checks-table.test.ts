// Python's table of the checks is the contract's. Not the checks.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkCode, checkWords } from '../src/contract/index.ts'

test('python/gonogo/checks.py names every check, in the same words and order', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../python/gonogo/checks.py'), 'utf8')
  const told = [...text.matchAll(/^ {4}"(\w+)": "([\w-]+)",$/gm)].map(([, code, words]) => [code, words])
  expect(told).toEqual(checkCode.options.map((code) => [code, checkWords[code]]))
})
