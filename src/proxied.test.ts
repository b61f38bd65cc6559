// The overlay of a proxy, and what both tiers depend on. Opening them is tests/preflight/proxy.test.ts.
import { expect, test } from 'vitest'
import { joinedDependencies, overlaid } from './proxied.ts'

test('maps merge, everything else is replaced, nothing else changes', () => {
  const config = { model: { layers: 48, width: 1600 }, rates: [1, 2], name: 'a' }
  expect(overlaid(config, { model: { layers: 2 }, rates: [3] })).toEqual({
    model: { layers: 2, width: 1600 },
    rates: [3],
    name: 'a',
  })
  expect(config.model.layers).toBe(48)
})

test('a key that every object has is no key of the config', () => {
  expect(overlaid({}, { constructor: { layers: 2 } })).toEqual({ constructor: { layers: 2 } })
})

test('what either tier read counts, and a doubt in one is a doubt', () => {
  const one = { code: [{ path: 'a.py', sha256: '1' }], files: ['/data/a'] }
  const other = { code: [{ path: 'b.py', sha256: '2' }], files: ['/data/b', '/data/a'] }
  const joined = joinedDependencies([one, other])
  expect(joined?.files).toEqual(['/data/a', '/data/b'])
  expect(joined?.code.map(({ path }) => path)).toEqual(['a.py', 'b.py'])
  expect(joinedDependencies([one, null])).toBeNull()
  expect(joinedDependencies([one, { ...other, files: null }])?.files).toBeNull()
})
