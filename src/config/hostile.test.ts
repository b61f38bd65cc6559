// Files that were written to do harm, or by accident look so: tags, alias bombs, a million keys, circles, terminal codes.
import { symlink } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { codesOf, errorOf, minimal, standIn } from './folder.fixture.ts'
import { readRunFile } from './readRunFile.ts'

const here = standIn()
const fault = async (text: string) => {
  await here.write('a.run.yaml', text)
  return errorOf(() => readRunFile('a.run.yaml'))
}

describe('tags and aliases', () => {
  test.each([
    '!!js/function "x"',
    '!!python/object:os.system x',
    '!!binary "aGk="',
    '!custom 3',
    '!!set { a }',
    '!!timestamp 2020-01-01',
  ])('refuses %s at the tag', async (value) => {
    const error = await fault(minimal(`config:\n  a: ${value}\n`))
    expect(codesOf(error)).toEqual(['CONFIG_TAG a.run.yaml:7:6'])
    expect(error.excerpt).toContain('^'.repeat(value.split(' ')[0]!.length))
    expect(error.seen).toBe(value.split(' ')[0])
  })

  test('!!str, !!map and !!seq say what is there; tags that convert are refused', async () => {
    await here.write('good.run.yaml', minimal('config: { a: !!str 5, b: !!seq [1], c: !!map { d: 1 } }\n'))
    expect((await readRunFile('good.run.yaml')).run.config).toEqual({ a: '5', b: [1], c: { d: 1 } })
    expect((await fault(minimal('config: { a: !!float "3" }\n'))).code).toBe('CONFIG_TAG')
    expect((await fault(minimal('config: { a: !!bool yes }\n'))).code).toMatch(/CONFIG_(TAG|SYNTAX)/)
  })

  test('an alias of nothing, of itself, of too much', async () => {
    expect(codesOf(await fault(minimal('config: { a: *nothing }\n')))).toEqual(['CONFIG_ALIAS a.run.yaml:6:14'])
    expect((await fault(minimal('config: &c { a: *c }\n'))).message).toBe('a value contains itself')
    const bomb = ['  l0: &l0 [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++) bomb.push(`  l${i}: &l${i} [${`*l${i - 1}, `.repeat(9)}]`)
    const started = process.cpuUsage()
    const error = await fault(minimal(`config:\n${bomb.join('\n')}\n`))
    expect(error).toMatchObject({ code: 'CONFIG_ALIAS', message: 'aliases stand for too many values' })
    expect(process.cpuUsage(started).user).toBeLessThan(1e6)
    expect((await fault(minimal('config: { <<: 3 }\n'))).message).toBe('<< merges maps only')
  })
})

describe('hostile files', () => {
  /** CPU time: what the code costs, not what else the machine does. */
  const timed = async (text: string): Promise<{ code: string; seconds: number }> => {
    const started = process.cpuUsage()
    const { code } = await fault(text)
    const { user, system } = process.cpuUsage(started)
    return { code, seconds: (user + system) / 1e6 }
  }

  test.each([
    ['deep brackets', () => `a: ${'['.repeat(100_000)}`, 'CONFIG_SYNTAX'],
    ['deep lists', () => minimal(`config: { a: ${'['.repeat(200)}${']'.repeat(200)} }\n`), 'CONFIG_SYNTAX'],
    [
      'as many keys as fit',
      () => minimal(Array.from({ length: 140_000 }, (_, i) => `${i.toString(36)}:\n`).join('')),
      'CONFIG_UNKNOWN_KEY',
    ],
    [
      'as many on one line',
      () => `{${Array.from({ length: 50_000 }, (_, i) => i.toString(36)).join(', ')}}`,
      'CONFIG_UNKNOWN_KEY',
    ],
    ['one key again and again', () => `{${'a, '.repeat(100_000)}}`, 'CONFIG_DUPLICATE_KEY'],
    [
      'wrong values',
      () =>
        minimal(
          `preflight: { checks: {${Array.from({ length: 30_000 }, (_, i) => `c${i.toString(36)}: 1`).join(', ')}} }\n`,
        ),
      'CONFIG_TYPE',
    ],
    ['aliases of nothing', () => minimal(`config: [${'*a, '.repeat(60_000)}]\n`), 'CONFIG_ALIAS'],
    ['tags', () => minimal(`config: [${'!a 1, '.repeat(50_000)}]\n`), 'CONFIG_TAG'],
  ])('%s end in reasonable time', async (_, text, expected) => {
    const { code, seconds } = await timed(text())
    expect(code).toBe(expected)
    expect(seconds).toBeLessThan(12)
  })

  test('an excerpt cannot steer the terminal', async () => {
    const error = await fault(minimal('"\\e[2J\u009b31m\u202e": 3\n'))
    for (const sign of ['\u001b', '\u009b', '\u202e']) expect(error.excerpt).not.toContain(sign)
    expect(error.excerpt).toContain('\u00b7')
  })

  test('a link to itself', async () => {
    await symlink('loop.run.yaml', 'loop.run.yaml')
    expect(await errorOf(() => readRunFile('loop.run.yaml'))).toMatchObject({ code: 'CONFIG_MISSING', seen: 'ELOOP' })
  })
})
