// Pictures: drawn from numbers alone, nothing of them a browser would run or load, and no number that is none of an SVG's.
// Not how they look: people have looked.
import { expect, test } from 'vitest'
import type { Picture } from '../contract/index.ts'
import { picture } from '../contract/index.ts'
import { axisOf } from './axes.ts'
import { pictureHtml, tickText } from './pictures.ts'

const attack = `"><script>alert(1)</script>\u202e`
const axis = (scale: 'linear' | 'log', name = 'loss') => ({ name, scale })
const odd = [Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 1e-300, 1e300]

const pictures: readonly Picture[] = [
  {
    kind: 'lines',
    title: attack,
    x: axis('linear', attack),
    y: axis('log', attack),
    lines: [
      { name: attack, points: odd.map((y, x) => [x, y]) },
      { name: 'empty', points: [] },
      { name: 'one', points: [[1, 1]] },
    ],
    levels: [
      { name: attack, y: 0.5 },
      { name: 'none', y: Number.NaN },
    ],
  },
  {
    kind: 'bars',
    title: attack,
    y: axis('log'),
    series: [attack, 'b'],
    groups: odd.map((value) => ({ name: attack, values: [value, null] })),
    left: 3,
  },
  {
    kind: 'intervals',
    title: attack,
    rows: [
      {
        name: attack,
        low: 1,
        middle: 2,
        high: 3,
        limit: 2.5,
        words: { low: '1', middle: attack, high: '3', limit: '2.5' },
      },
      {
        name: 'zero',
        low: 0,
        middle: 0,
        high: 0,
        limit: null,
        words: { low: '0', middle: '0', high: '0', limit: null },
      },
      {
        name: 'none',
        low: Number.NaN,
        middle: Number.NaN,
        high: Number.NaN,
        limit: 0,
        words: { low: '', middle: '', high: '', limit: '' },
      },
    ],
  },
  {
    kind: 'samples',
    title: attack,
    samples: [
      { label: attack, width: 2, height: 2, channels: 1, bytes: Buffer.from([0, 255, 255, 7]).toString('base64') },
    ],
  },
]

test.each(pictures.map((each) => [each.kind, each] as const))('%s: escaped, self-contained, finite', (_, each) => {
  expect(picture.safeParse(each).success).toBe(true)
  const html = pictureHtml(each)
  expect(html).not.toMatch(/<script|\u202e|NaN"|Infinity"|https?:|url\(/)
  for (const [, points = ''] of html.matchAll(/points="([^"]*)"/g))
    for (const number of points.split(/[ ,]/)) expect(Number.isFinite(Number(number))).toBe(true)
})

test('what is no number, or has no place on the axis, is marked and not drawn', () => {
  const html = pictureHtml(pictures[0] as Picture)
  expect(html.match(/class="lost"/g)).toHaveLength(4)
})

test('axes: the ends lie at the ends, ticks are round and inside, a flat curve has room', () => {
  for (const [low, high] of [
    [0, 1],
    [0.86, 1.31],
    [-3, 1e6],
    [5, 5],
    [0, 0],
  ] as const) {
    const { at, ticks } = axisOf([low, high], 'linear', 4)
    if (low < high) expect([at(low), at(high)]).toEqual([0, 1])
    expect(ticks.length).toBeGreaterThanOrEqual(2)
    expect(ticks.length).toBeLessThanOrEqual(8)
    for (const tick of ticks) expect(at(tick)).toBeGreaterThanOrEqual(-1e-9)
    for (const tick of ticks) expect(at(tick)).toBeLessThanOrEqual(1 + 1e-9)
  }
  expect(axisOf([1e-8, 10], 'log', 4).ticks.map(tickText)).toEqual(['1e-8', '1e-5', '0.01', '10'])
  expect(axisOf([], 'log', 4).ticks.length).toBeGreaterThan(0)
})
