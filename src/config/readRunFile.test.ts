import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codesOf, errorOf, minimal, printed, standIn } from './folder.fixture.ts'
import { readRunFile } from './readRunFile.ts'

const here = standIn()
const fault = async (text: string) => {
  await here.write('a.run.yaml', text)
  return errorOf(() => readRunFile('a.run.yaml'))
}

describe('a good run file', () => {
  test('has every default filled in and knows where each value came from', async () => {
    await here.write('good.run.yaml', minimal('seed: 7\nconfig:\n  width: 16\n  sizes: [1, 2]\nstop: { mode: off }\n'))
    const loaded = await readRunFile('good.run.yaml')
    expect(loaded.run.train).toEqual({
      length: { epochs: 3 },
      batch_size: 128,
      accumulate: 1,
      clip_norm: null,
      precision: 'float32',
      workers: 0,
    })
    expect(loaded.run.stop.mode).toBe('off')
    expect(loaded.folder).toBe(here.path)
    expect(loaded.experiment).toBe(join(here.path, 'experiment.ts'))
    expect(loaded.run.experiment).toBe('./experiment.ts')
    expect(Object.fromEntries(loaded.origins)).toMatchObject({
      seed: 'good.run.yaml:6:7',
      'config.width': 'good.run.yaml:8:10',
      'config.sizes': 'good.run.yaml:9:10',
      'train.length.epochs': 'good.run.yaml:5:21',
      'train.batch_size': 'default',
      'stop.mode': 'good.run.yaml:10:15',
      'preflight.checks': 'default',
    })
    expect(loaded.sources.map(({ file }) => file)).toEqual([join(here.path, 'good.run.yaml')])
    expect(loaded.sources[0]?.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  test('locates keys and values, and the nearest key above what is not written', async () => {
    await here.write('good.run.yaml', minimal('config:\n  width: 16\n'))
    const { locate } = await readRunFile('good.run.yaml')
    expect(locate(['config', 'width'], 'key')).toEqual({
      where: 'good.run.yaml:7:3',
      excerpt: '7 |   width: 16\n  |   ^^^^^',
    })
    expect(locate(['config', 'width'], 'value').where).toBe('good.run.yaml:7:10')
    expect(locate(['train', 'precision'], 'value').where).toBe('good.run.yaml:4:1')
    expect(locate(['stop', 'mode'], 'value').where).toBe('good.run.yaml:1:1')
  })

  test('reads numbers and words as YAML 1.2 does', async () => {
    await here.write(
      'good.run.yaml',
      minimal(
        'config: { a: 2e-5, b: 1e, c: yes, d: off, e: "2e-5", f: 0x10, g: null, h: True, i: 1_000, j: .5, k: 12:30 }\n',
      ),
    )
    const { run } = await readRunFile('good.run.yaml')
    expect(run.config).toEqual({
      a: 2e-5,
      b: '1e',
      c: 'yes',
      d: 'off',
      e: '2e-5',
      f: 16,
      g: null,
      h: true,
      i: '1_000',
      j: 0.5,
      k: '12:30',
    })
  })

  test('may use anchors, aliases and merge keys', async () => {
    await here.write(
      'good.run.yaml',
      minimal(
        'config:\n  one: &one { a: 1, b: 2 }\n  two: { <<: *one, b: 3 }\n  three: *one\n  four: { <<: [{ a: 5 }, *one] }\n',
      ),
    )
    const { run } = await readRunFile('good.run.yaml')
    expect(run.config).toEqual({
      one: { a: 1, b: 2 },
      two: { b: 3, a: 1 },
      three: { a: 1, b: 2 },
      four: { a: 5, b: 2 },
    })
  })
})

describe('a file that is no run file', () => {
  test('missing: names the run files that are there', async () => {
    await here.write('near/mnist.run.yaml', minimal())
    await here.write('near/other.run.yaml', minimal())
    const error = await errorOf(() => readRunFile('near/mnst.run.yaml'))
    expect(printed(error)).toBe(
      [
        'CONFIG_MISSING  near/mnst.run.yaml',
        '  ',
        '  seen      no such file',
        '  expected  mnist.run.yaml or other.run.yaml',
        '  try       near/mnist.run.yaml',
      ].join('\n'),
    )
    expect((await errorOf(() => readRunFile('nowhere/at/all.yaml'))).code).toBe('CONFIG_MISSING')
  })

  test('a folder, and a file that lies below a file', async () => {
    await mkdir('folder.run.yaml', { recursive: true })
    expect(await errorOf(() => readRunFile('folder.run.yaml'))).toMatchObject({
      code: 'CONFIG_MISSING',
      seen: 'a folder',
    })
    await here.write('plain.yaml', minimal())
    expect((await errorOf(() => readRunFile('plain.yaml/x.yaml'))).code).toBe('CONFIG_MISSING')
  })

  test.each([
    ['nothing', ''],
    ['spaces', ' \n\n'],
    ['comments', '# gonogo: 1\n'],
    ['an empty map', '{}\n'],
    ['a bare document', '---\n'],
  ])('empty: %s', async (_, text) => {
    expect(await fault(text)).toMatchObject({ code: 'CONFIG_EMPTY', where: 'a.run.yaml:1:1', try: 'gonogo: 1' })
  })

  test('a list, a word', async () => {
    expect(codesOf(await fault('- a\n- b\n'))).toEqual(['CONFIG_TYPE a.run.yaml:1:1'])
    expect(codesOf(await fault('hello\n'))).toEqual(['CONFIG_TYPE a.run.yaml:1:1'])
  })

  test('not UTF-8, or larger than a megabyte', async () => {
    await writeFile('a.run.yaml', Buffer.from([0x67, 0x3a, 0x20, 0xff, 0xfe]))
    expect((await errorOf(() => readRunFile('a.run.yaml'))).code).toBe('CONFIG_SYNTAX')
    expect(await fault(minimal(`# ${'x'.repeat(1024 * 1024)}\n`))).toMatchObject({
      code: 'CONFIG_SIZE',
      expected: 'at most 1048576 bytes',
    })
  })
})

describe('syntax', () => {
  test('a tab as indent', async () => {
    expect(printed(await fault('gonogo: 1\ntrain:\n\tlength: 3\n'))).toBe(
      [
        'CONFIG_SYNTAX  a.run.yaml:3:1',
        '  3 | \tlength: 3',
        '    | ^',
        '  seen      a tab',
        '  expected  spaces: YAML allows no tabs at the start of a line',
        '  try       replace the tab by two spaces',
      ].join('\n'),
    )
  })

  test('a wrong indent', async () => {
    expect(printed(await fault('train:\n    length: { epochs: 3 }\n  batch_size: 3\n'))).toBe(
      [
        'CONFIG_SYNTAX  a.run.yaml:3:3',
        '  3 |   batch_size: 3',
        '    |   ^^^^^^^^^^',
        '  seen      batch_size',
        '  expected  keys of one map in the same column',
        '  try       line it up with the keys above',
      ].join('\n'),
    )
  })

  test.each([
    ['a key below a value', 'a: 1\n  b: 2\n', 'a.run.yaml:1:4'],
    ['an open bracket', 'a: [1, 2\nb: 3\n', 'a.run.yaml:2:1'],
    ['an open quote', 'a: "x\n', 'a.run.yaml:1:5'],
    ['a colon in text', 'a: b: c\n', 'a.run.yaml:1:4'],
    ['a line without a colon', 'a: 1\nb\n', 'a.run.yaml:2:1'],
    ['a reserved sign', 'a: @x\n', 'a.run.yaml:1:4'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'a.run.yaml:2:1'],
    ['another YAML', '%YAML 1.1\n---\na: yes\n', 'a.run.yaml:1:1'],
    ['a key that is a list', '? [1, 2]\n: 3\n', 'a.run.yaml:1:3'],
    ['a missing key', ': 3\n', 'a.run.yaml:1:1'],
  ])('%s', async (_, text, where) => {
    const error = await fault(text)
    expect(codesOf(error)).toEqual([`CONFIG_SYNTAX ${where}`])
    expect(error.seen).toBeTruthy()
    expect(error.expected).toBeTruthy()
  })
})

describe('keys', () => {
  test('unknown, with the nearest, the exact text and the place', async () => {
    expect(printed(await fault(minimal('  precison: float32\n')))).toBe(
      [
        'CONFIG_UNKNOWN_KEY  a.run.yaml:6:3',
        '  6 |   precison: float32',
        '    |   ^^^^^^^^',
        '  seen      precison',
        '  expected  length, batch_size, accumulate, clip_norm, precision or workers',
        '  try       precision',
      ].join('\n'),
    )
  })

  test('known elsewhere: says where', async () => {
    expect(await fault(minimal('batch_size: 3\n'))).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      message: 'batch_size belongs elsewhere: train.batch_size',
      try: 'train.batch_size',
    })
    expect(await fault(minimal('learning_rate: 3\n'))).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      try: 'config.learning_rate',
    })
    expect(await fault(minimal('extend: ./b.yaml\n'))).toMatchObject({ try: 'extends' })
  })

  test('a misspelled required key is told once', async () => {
    expect(codesOf(await fault(minimal().replace('epochs', 'epoch')))).toEqual(['CONFIG_UNKNOWN_KEY a.run.yaml:5:13'])
    expect(codesOf(await fault(minimal().replace('gonogo', 'gonogoo')))).toEqual(['CONFIG_UNKNOWN_KEY a.run.yaml:1:1'])
  })

  test('set twice', async () => {
    expect(printed(await fault(minimal('seed: 1\nseed: 2\n')))).toBe(
      [
        'CONFIG_DUPLICATE_KEY  a.run.yaml:7:1',
        '  7 | seed: 2',
        '    | ^^^^',
        '  seen      seed here and in line 6',
        '  expected  each key once',
        '  try       remove one of the two',
      ].join('\n'),
    )
  })

  test('two that exclude each other', async () => {
    expect(await fault(minimal().replace('epochs: 3', 'epochs: 3, steps: 5'))).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      where: 'a.run.yaml:5:24',
      message: 'steps does not go with the keys beside it',
      expected: 'a map (epochs) or a map (steps)',
    })
  })

  test('required', async () => {
    expect(codesOf(await fault('seed: 3\n'))).toEqual([
      'CONFIG_REQUIRED a.run.yaml:1:1',
      'CONFIG_REQUIRED a.run.yaml:1:1',
      'CONFIG_REQUIRED a.run.yaml:1:1',
      'CONFIG_REQUIRED a.run.yaml:1:1',
    ])
    expect(await fault('gonogo: 1\nname: a\nexperiment: ./e.ts\ntrain: {}\n')).toMatchObject({
      code: 'CONFIG_REQUIRED',
      message: 'train.length is missing',
      where: 'a.run.yaml:4:1',
    })
    expect(await fault(minimal().replace('{ epochs: 3 }', '{}'))).toMatchObject({
      code: 'CONFIG_REQUIRED',
      message: 'train.length is empty',
      expected: 'a map (epochs) or a map (steps)',
    })
  })

  test('__proto__ is refused wherever it stands', async () => {
    for (const text of [
      '__proto__: { seed: 1 }\n',
      'config: { __proto__: 1 }\n',
      'engine: { torch: { "__proto__": 1 } }\n',
    ]) {
      expect((await fault(minimal(text))).code).toBe('CONFIG_UNKNOWN_KEY')
    }
    await here.write('good.run.yaml', minimal('config: { constructor: 1, toString: 2 }\n'))
    const { run } = await readRunFile('good.run.yaml')
    expect(Object.entries(run.config)).toEqual([
      ['constructor', 1],
      ['toString', 2],
    ])
    expect((await fault(minimal('toString: 1\nhasOwnProperty: 2\n'))).also).toHaveLength(1)
  })
})

describe('values', () => {
  test.each([
    [
      'a quoted number',
      minimal('  batch_size: "128"\n'),
      '"128" (text)',
      'an integer of at least 1',
      'batch_size: 128',
    ],
    [
      'an underscore',
      minimal('  batch_size: 1_000\n'),
      '"1_000" (text)',
      'an integer of at least 1',
      'batch_size: 1000',
    ],
    ['an incomplete number', minimal('  clip_norm: 1e\n'), '"1e" (text)', 'a number above 0 or null', undefined],
    ["Python's None", minimal('  clip_norm: None\n'), '"None" (text)', 'a number above 0 or null', 'clip_norm: null'],
    ['a fraction', minimal('  batch_size: 1.5\n'), '1.5 (a number)', 'an integer of at least 1', undefined],
    ['a number for a name', minimal().replace('mnist', '1.10'), '1.1 (a number)', undefined, 'name: "1.1"'],
    ['a map for a number', minimal('seed: { a: 1 }\n'), 'a map with a', 'an integer from 0 to 4294967295', undefined],
    [
      'a number for a map',
      minimal('stop: 3\n'),
      '3 (a number)',
      'a map (mode, patience, divergence, baseline, benchmark, prechelt, budget)',
      undefined,
    ],
    ['nothing', minimal('seed:\n'), 'null (nothing)', 'an integer from 0 to 4294967295', undefined],
    ['infinity', minimal('  clip_norm: .inf\n'), 'Infinity (a number)', 'a number above 0 or null', undefined],
    ['no number', minimal('  clip_norm: .nan\n'), 'NaN (a number)', 'a number above 0 or null', undefined],
  ])('of the wrong type: %s', async (_, text, seen, expected, next) => {
    const error = await fault(text)
    expect(error).toMatchObject({ code: 'CONFIG_TYPE', seen, try: next })
    if (expected !== undefined) expect(error.expected).toBe(expected)
  })

  test('a boolean where stop.mode wants off keeps its word', async () => {
    expect(await fault(minimal('stop: { mode: false }\n'))).toMatchObject({
      code: 'CONFIG_TYPE',
      seen: 'false (a boolean)',
    })
  })

  test('none of the choices, with the nearest', async () => {
    expect(printed(await fault(minimal('stop: { mode: advice }\n')))).toBe(
      [
        'CONFIG_ENUM  a.run.yaml:6:15',
        '  6 | stop: { mode: advice }',
        '    |               ^^^^^^',
        '  seen      "advice" (text)',
        '  expected  off, advise or stop',
        '  try       mode: advise',
      ].join('\n'),
    )
    expect(await fault(minimal().replace('gonogo: 1', 'gonogo: 2'))).toMatchObject({
      code: 'CONFIG_ENUM',
      expected: '1',
      where: 'a.run.yaml:1:9',
    })
    expect(await fault(minimal().replace('gonogo: 1', 'gonogo: "1"'))).toMatchObject({
      code: 'CONFIG_TYPE',
      try: 'gonogo: 1',
    })
  })

  test('out of range', async () => {
    expect(printed(await fault(minimal('seed: -1\n')))).toBe(
      [
        'CONFIG_RANGE  a.run.yaml:6:7',
        '  6 | seed: -1',
        '    |       ^^',
        '  seen      -1 (a number)',
        '  expected  an integer from 0 to 4294967295',
      ].join('\n'),
    )
    expect((await fault(minimal('evaluate: { every: { epochs: 0 } }\n'))).code).toBe('CONFIG_RANGE')
    expect((await fault(minimal('checkpoint: { every: { minutes: 0 } }\n'))).code).toBe('CONFIG_RANGE')
    expect(await fault(minimal().replace('{ epochs: 3 }', '{ epochs: 1.5 }'))).toMatchObject({
      code: 'CONFIG_TYPE',
      where: 'a.run.yaml:5:21',
    })
  })

  test('a name that cannot name a folder', async () => {
    for (const name of ['a/b', '../x', '.hidden', 'a b', `${'x'.repeat(65)}`]) {
      expect((await fault(minimal('', JSON.stringify(name)))).code, name).toBe('CONFIG_NAME')
    }
    expect(await fault(minimal('', '"my run!"'))).toMatchObject({ try: 'name: my-run', where: 'a.run.yaml:2:7' })
  })

  test('all faults of a file come at once, wrong ones in the order of the text, missing ones last', async () => {
    const text = 'gonogo: 1\nname: a b\ntrain: { batch_size: "3", precison: float32 }\nstop: { mode: of }\n'
    const error = await fault(text)
    expect(codesOf(error)).toEqual([
      'CONFIG_NAME a.run.yaml:2:7',
      'CONFIG_TYPE a.run.yaml:3:22',
      'CONFIG_UNKNOWN_KEY a.run.yaml:3:27',
      'CONFIG_ENUM a.run.yaml:4:15',
      'CONFIG_REQUIRED a.run.yaml:1:1',
      'CONFIG_REQUIRED a.run.yaml:3:1',
    ])
  })
})
