import { expect, test } from 'vitest'
import { isMentioned, placeOfKey } from './mentions.ts'

const python = (text: string) => [{ path: 'experiment.py', text }]
const typescript = (text: string) => [{ path: 'experiment.ts', text }]

test('Python: an attribute or a quoted name is a mention; a declaration, a comment, another word are none', () => {
  const declared = 'class Config:\n    warmup: int = 5  # steps of config.warmup\n'
  expect(isMentioned('warmup', python(declared))).toBe(false)
  expect(isMentioned('warmup', python(`${declared}\nlength = self.config.warmup`))).toBe(true)
  expect(isMentioned('warmup', python(`${declared}\nlength = getattr(c, "warmup")`))).toBe(true)
  expect(isMentioned('warmup', python(`${declared}\nlength = c.warmup_steps`))).toBe(false)
  // a parameter of the same name that nobody passes the key to
  expect(isMentioned('warmup', python(`${declared}\ndef schedule(warmup=100): ...`))).toBe(false)
})

test('TypeScript: any second mention, since keys are taken apart by name', () => {
  const declared = 'config: { warmup: z.int() }, // c.warmup\n/* .warmup */'
  expect(isMentioned('warmup', typescript(declared))).toBe(false)
  expect(isMentioned('warmup', typescript(`${declared}\n model: ({ warmup }) => 1`))).toBe(true)
  expect(isMentioned('warmup', typescript(`${declared}\n model: (c) => c.warmup`))).toBe(true)
  expect(isMentioned('a.b', typescript("config: { 'axb': 1 }, model: (c) => c.axb"))).toBe(false)
})

test('the line of the declaration', () => {
  expect(placeOfKey('warmup', typescript('/* one\n warmup */\nconfig: {\n  warmup: 1'))).toBe('experiment.ts:4')
  expect(placeOfKey('other', typescript('warmup'))).toBeNull()
})
