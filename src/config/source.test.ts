import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { excerptOf, placeOf, sourceOf } from './source.ts'

const excerpt = (text: string, token: string) => {
  const start = text.indexOf(token)
  return excerptOf({ source: sourceOf(resolve('a.yaml'), text), start, end: start + token.length })
}

test('line and column count from 1, in files with either line end', () => {
  const source = sourceOf(resolve('a.yaml'), 'a: 1\r\nbc: 2\n')
  expect(placeOf({ source, start: 6, end: 8 })).toBe('a.yaml:2:1')
  expect(excerpt('a: 1\r\nbc: 2\r\n', 'bc')).toBe('2 | bc: 2\n  | ^^')
})

test('the caret stands under its token, behind tabs too', () => {
  expect(excerpt('\ta: 1', 'a')).toBe('1 | \ta: 1\n  | \t^')
  expect(excerpt(`${'\n'.repeat(99)}  key: value`, 'value')).toBe('100 |   key: value\n    |        ^^^^^')
})

test('a long line is cut around the token', () => {
  const [line, carets] = excerpt(`${'x'.repeat(5000)} token ${'y'.repeat(5000)}`, 'token').split('\n')
  expect(line!.length).toBeLessThan(110)
  expect(line!.slice(carets!.indexOf('^'), carets!.lastIndexOf('^') + 1)).toBe('token')
  expect(line).toMatch(/^1 \| ….*…$/)
})

test('a token that goes on over lines, or stands at the end', () => {
  const text = 'a: "x\n  y"\n'
  const source = sourceOf(resolve('a.yaml'), text)
  expect(excerptOf({ source, start: 3, end: 10 })).toBe('1 | a: "x\n  |    ^^')
  expect(excerptOf({ source, start: text.length, end: text.length })).toBe('3 | \n  | ^')
  expect(excerptOf({ source: sourceOf(resolve('a.yaml'), ''), start: 0, end: 0 })).toBe('1 | \n  | ^')
})
