// What the page decides by itself: the view in its address, the order of rows, colours that stay.
import { describe, expect, test } from 'vitest'
import type { Row } from '../view.ts'
import { formatView, parseView, start, toggled, type View } from './address.ts'
import { hueOf, hues, marksOf } from './colours.ts'
import { matching, ordered } from './order.ts'

const row = (run: string, more: Partial<Row> = {}): Row => ({
  run,
  state: 'done',
  why: '',
  created: null,
  seed: 0,
  epoch: 0,
  epochs: null,
  step: 0,
  steps: null,
  objective: null,
  against: null,
  poll: null,
  word: null,
  spark: [],
  ...more,
})
const best = (value: number | null) => ({ name: 'val_loss', direction: 'min' as const, best: value, last: value })

describe('the address', () => {
  test('keeps a view, whatever runs are called', () => {
    const view: View = {
      page: 'charts',
      runs: ['a-1b2c', 'ä&run=x#y z'],
      hidden: ['a-1b2c'],
      axis: 'time',
      smooth: 0.99,
      log: true,
      pinned: 'b%20',
      query: 'seed:3 "q"',
      sort: { key: 'delta', down: false },
    }
    expect(parseView(formatView(view))).toEqual(view)
    expect(formatView(start)).toBe('#/')
    expect(parseView('')).toEqual(start)
  })
  test('nonsense is the start', () => {
    expect(parseView('#/nowhere?axis=up&smooth=7&log=yes&sort=-nothing')).toEqual(start)
  })
  test('a run is chosen and left again', () => {
    expect(toggled(toggled(['a'], 'b'), 'a')).toEqual(['b'])
  })
})

describe('rows', () => {
  test('those without a value come last, whichever way', () => {
    const rows = [row('a', { objective: best(2) }), row('b'), row('c', { objective: best(1) })]
    const names = (down: boolean) => ordered(rows, { key: 'best', down }).map(({ run }) => run)
    expect(names(true)).toEqual(['a', 'c', 'b'])
    expect(names(false)).toEqual(['c', 'a', 'b'])
  })
  test('runs are ordered as people count', () => {
    const rows = ['r10', 'r9', 'r1'].map((run) => row(run))
    expect(ordered(rows, { key: 'run', down: false }).map(({ run }) => run)).toEqual(['r1', 'r9', 'r10'])
  })
  test('every word of a search is found somewhere', () => {
    const rows = [row('wide', { seed: 3, state: 'no-go', word: 'I2 softmax twice' }), row('wider', { seed: 4 })]
    expect(matching(rows, ' WIDE softmax ').map(({ run }) => run)).toEqual(['wide'])
    expect(matching(rows, 'seed:4').map(({ run }) => run)).toEqual(['wider'])
    expect(matching(rows, '')).toHaveLength(2)
  })
})

describe('colours', () => {
  test('depend on the name alone, and are all used', () => {
    const names = Array.from({ length: 400 }, (_, i) => `run-${i.toString(16)}`)
    const found = names.map(hueOf)
    expect(new Set(found)).toEqual(new Set(Array.from({ length: hues }, (_, i) => i)))
    expect(names.map(hueOf)).toEqual(found)
  })
  test('two runs of one hue are told apart by dashes, in whatever order they were chosen', () => {
    const names = Array.from({ length: 60 }, (_, i) => `run-${i}`)
    const same = names.filter((name) => hueOf(name) === hueOf('run-0')).slice(0, 3)
    const marks = marksOf(same)
    expect(new Set(same.map((name) => JSON.stringify(marks.get(name)!.dash))).size).toBe(3)
    expect(marksOf(same.toReversed())).toEqual(marks)
  })
})
