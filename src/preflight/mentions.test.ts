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

test('Python: a name in a dict that is written out is no reading of it', () => {
  const declared = 'class Config:\n    decay: float = 0.1\n'
  expect(isMentioned('decay', python(`${declared}groups = [{"decay": 0.0}]`))).toBe(true)
  expect(isMentioned('decay', python(`${declared}groups = [{"decay": 0.0}]`), 'read')).toBe(false)
  expect(isMentioned('decay', python(`${declared}for name in ("decay", "rate"): getattr(c, name)`), 'read')).toBe(true)
  expect(isMentioned('decay', python(`${declared}groups = [{"decay": c.decay}]`), 'read')).toBe(true)
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
