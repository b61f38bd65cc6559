import { expect, test } from 'vitest'
import { anyOf, editDistance, nearest } from './nearest.ts'

test('counts insertions, deletions, replacements and swaps', () => {
  expect(editDistance('', '')).toBe(0)
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('adma', 'adam')).toBe(1)
  expect(editDistance('abc', 'xyz', 1)).toBe(2)
})

test('names what was most likely meant', () => {
  const keys = ['width', 'learning_rate', 'weight_decay', 'batch_size']
  expect(nearest('lerning_rate', keys)).toBe('learning_rate')
  expect(nearest('learningRate', keys)).toBe('learning_rate')
  expect(nearest('batch-size', keys)).toBe('batch_size')
  expect(nearest('lr', keys)).toBe('learning_rate')
  expect(nearest('wd', keys)).toBe('weight_decay')
})

test('stays silent where nothing is near', () => {
  expect(nearest('momentum', ['width', 'depth'])).toBeUndefined()
  expect(nearest('x', ['a', 'b'])).toBeUndefined()
  expect(nearest('', ['a'])).toBeUndefined()
  expect(nearest('___', ['a'])).toBeUndefined()
})

test('reads as a sentence', () => {
  expect(anyOf([])).toBe('nothing')
  expect(anyOf(['a'])).toBe('a')
  expect(anyOf(['a', 'b'])).toBe('a or b')
  expect(anyOf(['a', 'b', 'c'])).toBe('a, b or c')
})
