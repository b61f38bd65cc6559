// Numbers for people, at the edges.
// Not layout.
import { expect, test } from 'vitest'
import { bytes, count, duration, measure, rate, seconds } from './numbers.ts'
import { cut, width, wrap } from './text.ts'

test.each([
  [0.0714, '0.0714'],
  [0, '0'],
  [-2.5, '-2.5000'],
  [0.00012, '1.20e-4'],
  [123.456, '123.5'],
  [12345.6, '12,346'],
  [3e9, '3.00e9'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('measure(%s) is %s', (value, text) => expect(measure(value)).toBe(text))

test.each([
  [9.1e-4, '9.1e-4'],
  [0.05, '0.05'],
  [0, '0'],
  [1.23456, '1.23'],
])('rate(%s) is %s', (value, text) => expect(rate(value)).toBe(text))

test.each([
  [34.4, '0:34'],
  [59.7, '1:00'],
  [3723, '1:02:03'],
  [Number.NaN, '–'],
  [Number.POSITIVE_INFINITY, '–'],
  [-1, '–'],
])('duration(%s) is %s', (value, text) => expect(duration(value)).toBe(text))

test.each([
  [999, '999 B'],
  [2_140_000, '2.1 MB'],
  [999_999, '1.0 MB'],
  [55e9, '55 GB'],
])('bytes(%s) is %s', (value, text) => expect(bytes(value)).toBe(text))

test('counts and seconds', () => {
  expect(count(1290)).toBe('1,290')
  expect(seconds(0.349)).toBe('0.3 s')
})

test('width, cut and wrap count cells, not characters', () => {
  expect(width('日本')).toBe(4)
  expect(width('e\u0301')).toBe(1)
  expect(cut('日本語', 5)).toBe('日本…')
  expect(wrap('aaa bbb ccc ddd', 8)).toEqual(['aaa bbb', 'ccc ddd'])
  expect(wrap('abcdefghijkl', 8)).toEqual(['abcdefgh', 'ijkl'])
  expect(wrap('', 8)).toEqual([''])
})
