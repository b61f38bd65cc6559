import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { dotted } from '../contract/dotted.ts'
import { parseTree } from './parse.ts'
import { sourceOf } from './source.ts'
import { leaves, plainValue, spanAt, treeAt } from './tree.ts'

const parse = (text: string) => parseTree(sourceOf(resolve('a.yaml'), text))

const key = fc
  .oneof(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,12}$/), fc.string({ minLength: 1, maxLength: 20 }))
  // `<<` merges, unless it is quoted, and the writer does not quote it
  .filter((k) => k !== '__proto__' && k !== '<<')
const { tree: value } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      fc.constantFrom(
        'yes',
        'off',
        '2e-5',
        '1e',
        'null',
        '~',
        '0x1',
        '---',
        '- a',
        'a: b',
        '#',
        '<<',
        '*a',
        '&a',
        '!x',
      ),
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const styles = [
  {},
  { collectionStyle: 'flow' },
  { defaultStringType: 'QUOTE_DOUBLE' },
  { defaultStringType: 'QUOTE_SINGLE' },
] as const

test('whatever is written as YAML is read back the same', () => {
  fc.assert(
    fc.property(
      fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
      fc.constantFrom(...styles),
      (given, style) => {
        const { tree, faults } = parse(stringify(given, { version: '1.2', aliasDuplicateObjects: false, ...style }))
        expect(faults).toEqual([])
        expect(plainValue(tree!)).toEqual(given)
      },
    ),
    { numRuns: 300 },
  )
})

test('every key and value lies where its span says', () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }), (given) => {
      const text = stringify(given, { version: '1.2', aliasDuplicateObjects: false })
      const { tree } = parse(text)
      for (const { path } of leaves(tree!)) {
        const at = treeAt(tree!, path)
        if (at?.kind !== 'scalar') continue
        const { start, end } = spanAt(tree!, path, 'value')
        const again = parse(`v: ${text.slice(start, end).includes('\n') ? '' : text.slice(start, end)}\n`)
        // several lines read differently at another indent; one line does not
        if (!text.slice(start, end).includes('\n') && !['|', '>'].includes(text[start] ?? '')) {
          expect(plainValue(again.tree!), dotted(path)).toEqual({ v: at.value })
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('no text makes it throw anything', () => {
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x ',
    '*x',
    '!t ',
    '<<',
    '#',
    '|',
    '>',
    '?',
    '\t',
    ',',
    '%',
    '---\n',
    '\u0000',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const { tree, faults } = parse(parts.join(''))
      for (const fault of faults) expect(fault.where).toMatch(/:\d+:\d+$/)
      if (tree !== null) expect(() => JSON.stringify(plainValue(tree))).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})
