// The corpus as data: every folder is understood, every bug has two twins that differ, every cause and check is known or awaited.
// Not the polls: `npm run corpus`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { programsOf } from './programs.ts'
import { isMarked, twinOf, withBug } from './twins.ts'

const programs = await programsOf()

test('programs have names of their own', () => {
  expect(new Set(programs.map(({ name, engine }) => `${engine} ${name}`)).size).toBe(programs.length)
  expect(programs.length).toBeGreaterThan(50)
})

test('the buggy twin lacks the lines marked fixed, has those marked buggy, and keeps the numbers of lines', () => {
  const text = 'a\nb  # fixed\n  # buggy: c = "# 1"\nd  // fixed\n// buggy: e'
  expect(isMarked(text)).toBe(true)
  expect(twinOf(text, 'fixed')).toBe('a\nb\n\nd\n')
  expect(twinOf(text, 'buggy')).toBe('a\n\n  c = "# 1"\n\ne')
})

test('a program does not give the bug away, and no module of another name is hidden by it', () => {
  for (const { folder, file, expected } of programs) {
    const text = readFileSync(path.join(folder, file), 'utf8')
    if (expected) expect(twinOf(text, 'buggy'), file).not.toMatch(/(#|\/\/) (fixed|buggy)/)
    expect(['lightning.py', 'torch.py', 'numpy.py', 'gonogo.py']).not.toContain(file)
  }
})

test('what a bug says holds for each way of writing it, but for what that way says itself', () => {
  const warned = programs.find(({ name }) => name === 'DI03/single')
  expect(warned?.expected).toMatchObject({ severity: 'warn', checks: ['D7'] })
  expect(warned?.run).toMatchObject({ world: 1 })
  expect(programs.find(({ name }) => name === 'DI03/ranks')?.run).toMatchObject({ world: 2 })
  expect(programs.find(({ name }) => name === 'CF01/lit')?.expected?.causes).toEqual(['SIGNATURE_TYPE'])
})

test('a bug that is edits of a healthy program says where, and lets nothing else change', () => {
  const edited = programs.filter(({ edits }) => edits.length > 0)
  expect(edited.length).toBeGreaterThan(50)
  for (const program of edited) {
    const text = readFileSync(path.join(program.folder, program.file), 'utf8')
    expect(program.expected, program.name).not.toBeNull()
    expect(withBug(text, program), program.name).not.toBe(text)
  }
  const edit = (fixed: string) => ({ name: 'XX01/manual', edits: [{ fixed, buggy: '$1' }] })
  expect(withBug('a b c', edit('b'))).toBe('a $1 c')
  expect(() => withBug('a b b', edit('b'))).toThrow('not once')
  expect(() => withBug('a b c', edit('d'))).toThrow('not once')
})
