import { expect, test } from 'vitest'
import { stateDifferences } from './compare.ts'
import { snapshotOf } from './trial.ts'
import { untrained, without } from './untrained.ts'

const state = (weights: Record<string, string>, step = '0') =>
  snapshotOf({
    sections: [
      {
        section: 'buffers',
        digest: JSON.stringify(weights),
        entries: Object.entries(weights).map(([name, digest]) => ({ name, digest, l2: 1, absmax: 1 })),
      },
      { section: 'counters', digest: step, entries: [{ name: 'step', digest: step, l2: null, absmax: null }] },
    ],
  })

test('what an evaluation changes is its own where training had left it alone; a statistic that training moves is not', () => {
  const initial = state({ hits: 'zero', mean: 'first', still: 'a' })
  const before = state({ hits: 'zero', mean: 'later', still: 'a' }, '4')
  const after = state({ hits: 'many', mean: 'spoilt', still: 'a' }, '5')
  const changed = stateDifferences(before, after)
  const own = untrained(initial, before, changed)
  expect([...own]).toEqual(['buffers: hits'])
  expect(without(changed, own)).toMatchObject([
    { section: 'buffers', names: ['mean'] },
    { section: 'counters', names: ['step'] },
  ])
  const onlyHits = stateDifferences(before, state({ hits: 'many', mean: 'later', still: 'a' }, '4'))
  expect(without(onlyHits, own)).toEqual([])
})
