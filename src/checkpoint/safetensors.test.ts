// Safetensors: what is written comes back bit for bit, equal content gives equal bytes, and a hostile file is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { faultyDisk } from './faultyDisk.ts'
import { readSafetensors, readSafetensorsHeader, type SavedTensor, writeSafetensors } from './safetensors.ts'
import { duplicateKey } from './safetensorsHeader.ts'
import { type Dtype, dtypes } from './tensorData.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-safetensors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'a.safetensors')

const bytesOf = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
const tensors = (...list: [string, Dtype, number[], ArrayBufferView][]): Map<string, SavedTensor> =>
  new Map(list.map(([name, dtype, shape, data]) => [name, { dtype, shape, data }]))

describe('round trip', () => {
  test('every dtype, every bit', async () => {
    const entry = fc.record({
      name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'stage1.1.running_mean', 'é☃')),
      dtype: fc.constantFrom(...(Object.keys(dtypes) as Dtype[])),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      seed: fc.uint8Array({ minLength: 8 * 64, maxLength: 8 * 64 }),
    })
    const entries = fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 6 })
    const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })
    await fc.assert(
      fc.asyncProperty(entries, metadata, async (list, about) => {
        const given = new Map<string, SavedTensor>()
        for (const { name, dtype, shape, seed } of list.filter((e) => e.name !== '__metadata__')) {
          const bytes = shape.reduce((a, b) => a * b, 1) * dtypes[dtype].bytes
          given.set(name, { dtype, shape, data: seed.slice(0, bytes) })
        }
        await writeSafetensors(path, given, new Map(Object.entries(about)))
        const read = await readSafetensors(path)
        expect(new Map(read.metadata)).toEqual(new Map(Object.entries(about)))
        expect(new Set(read.tensors.keys())).toEqual(new Set(given.keys()))
        for (const [name, tensor] of read.tensors) {
          const saved = given.get(name)
          expect([tensor.dtype, tensor.shape]).toEqual([saved?.dtype, saved?.shape])
          expect(tensor.data).toBeInstanceOf(dtypes[tensor.dtype].array)
          if (saved !== undefined) expect(bytesOf(tensor.data).equals(bytesOf(saved.data))).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('equal content gives equal bytes in any order, aligned for each dtype', async () => {
    const list: [string, Dtype, number[], ArrayBufferView][] = [
      ['b', 'U8', [3], Uint8Array.of(1, 2, 3)],
      ['z', 'F64', [1], Float64Array.of(Number.NaN)],
      ['a', 'F32', [], Float32Array.of(-0)],
    ]
    await writeSafetensors(
      path,
      tensors(...list),
      new Map([
        ['y', '1'],
        ['x', '2'],
      ]),
    )
    const first = readFileSync(path)
    await writeSafetensors(
      path,
      tensors(...list.reverse()),
      new Map([
        ['x', '2'],
        ['y', '1'],
      ]),
    )
    expect(readFileSync(path).equals(first)).toBe(true)
    expect(first.readBigUInt64LE(0) % 8n).toBe(0n)
    const { tensors: header } = await readSafetensorsHeader(path)
    expect([...header].map(([name, t]) => [name, t.offset])).toEqual([
      ['z', 0],
      ['a', 8],
      ['b', 12],
    ])
  })

  test('a view into a larger buffer writes only its own part; a subset reads only what it names', async () => {
    const whole = Float32Array.of(1, 2, 3, 4)
    await writeSafetensors(path, tensors(['mid', 'F32', [2], whole.subarray(1, 3)], ['w', 'F32', [4], whole]))
    const read = await readSafetensors(path, undefined, new Set(['mid']))
    expect([...read.tensors.keys()]).toEqual(['mid'])
    expect(read.tensors.get('mid')?.data).toEqual(Float32Array.of(2, 3))
  })
})

describe('refused when writing', () => {
  test.each([
    ['data of another size', tensors(['w', 'F32', [3], new Float32Array(2)]), '8 bytes of data'],
    ['a reserved name', tensors(['__metadata__', 'F32', [1], new Float32Array(1)]), 'keeps for itself'],
    ['a shape with a fraction', tensors(['w', 'F32', [1.5], new Float32Array(1)]), '[1.5]'],
  ])('%s', async (_, given, seen) => {
    await expect(writeSafetensors(path, given)).rejects.toMatchObject({ seen: expect.stringContaining(seen) })
  })

  test('a full disk: how much is needed and missing', async () => {
    const { disk } = faultyDisk(folder, { at: 3, kind: 'ENOSPC' })
    const given = tensors(['w', 'F32', [250_000], new Float32Array(250_000)])
    const error = writeSafetensors(path, given, new Map(), { ...disk, free: () => Promise.resolve(400_000) })
    await expect(error).rejects.toMatchObject({
      code: 'DISK_FULL',
      seen: expect.stringMatching(/1\.0 MB \(10000\d\d bytes\) needed, .* free, .* missing/),
    })
  })
})

describe('refused when reading', () => {
  const file = (header: unknown, data = 8, { raw = '', length = -1 } = {}): string => {
    const text = Buffer.from(raw === '' ? JSON.stringify(header) : raw)
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(length < 0 ? text.length : length))
    const at = join(folder, 'hostile.safetensors')
    writeFileSync(at, Buffer.concat([prefix, text, Buffer.alloc(data)]))
    return at
  }
  const t = (shape: unknown, data_offsets: unknown, dtype: unknown = 'F32') => ({ dtype, shape, data_offsets })

  test.each([
    ['an overlap', { a: t([1], [0, 4]), b: t([2], [0, 8]) }, 'inside the one before'],
    ['a partial overlap', { a: t([1], [0, 4]), b: t([1], [2, 6]), c: t([1], [4, 8]) }, 'inside the one before'],
    ['a hole', { a: t([1], [4, 8]) }, 'after a hole'],
    ['bytes after the end', { a: t([1], [0, 4]) }, '8 bytes of data'],
    ['offsets beyond the file', { a: t([4], [0, 16]) }, '8 bytes of data'],
    ['a wrong size', { a: t([3], [0, 8]) }, "'a' with 8 bytes"],
    ['negative offsets', { a: t([2], [-8, 0]) }, 'data_offsets [-8,0]'],
    ['reversed offsets', { a: t([2], [8, 0]) }, "'a' with -8 bytes"],
    ['an unknown dtype', { a: t([2], [0, 8], 'F12') }, 'dtype "F12"'],
    ['a dtype of Object.prototype', { a: t([2], [0, 8], 'constructor') }, 'dtype "constructor"'],
    ['a negative shape', { a: t([-2], [0, 8]) }, 'shape [-2]'],
    ['a fractional shape', { a: t([0.5, 4], [0, 8]) }, 'shape [0.5,4]'],
    ['a shape that overflows', { a: t([2 ** 40, 2 ** 40], [0, 8]) }, '[1099511627776, 1099511627776]'],
    ['a tensor that is a list', { a: [1] }, 'dtype nothing'],
    ['fields nobody knows', { a: { ...t([2], [0, 8]), code: 1 } }, '"code"'],
    ['metadata that is no text', { __metadata__: { a: 1 }, w: t([2], [0, 8]) }, '__metadata__ {"a":1}'],
    ['a header that is a list', [1], 'a header that starts with [1]'],
  ])('%s', async (_, header, seen) => {
    const error = await readSafetensors(file(header)).catch((e: unknown) => e)
    expect(error).toMatchObject({ seen: expect.stringContaining(seen) })
    await expect(readSafetensorsHeader(file(header))).rejects.toThrow()
  })

  test.each([
    [
      'a name twice',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\\u0061":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}',
      "'a' twice",
    ],
    ['a field twice', '{"a":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}}', "'dtype' twice"],
    ['no JSON', '{"a":', 'no JSON'],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString('latin1'), 'JSON'],
  ])('%s', async (_, raw, seen) => {
    const at = file(null, 8, { raw })
    if (raw.includes('\u00ff'))
      writeFileSync(at, Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(raw, 'latin1')]))
    await expect(readSafetensors(at)).rejects.toMatchObject({
      code: 'SAFETENSORS_READ',
      seen: expect.stringContaining(seen),
    })
  })

  test('a header length beyond the cap, beyond the file, and a file of three bytes', async () => {
    await expect(readSafetensors(file({}, 0, { length: 2 ** 40 }))).rejects.toMatchObject({
      seen: 'a header length of 1099511627776',
    })
    await expect(readSafetensors(file({}, 0, { length: 99_999_999 }))).rejects.toMatchObject({
      expected: 'a whole file',
    })
    const short = join(folder, 'short')
    writeFileSync(short, 'abc')
    await expect(readSafetensors(short)).rejects.toMatchObject({ seen: '3 bytes in all' })
    await expect(readSafetensors(join(folder, 'absent'))).rejects.toMatchObject({ message: 'there is no such file' })
  })

  test('a cut file, at any length', async () => {
    await writeSafetensors(path, tensors(['w', 'F32', [3], Float32Array.of(1, 2, 3)]))
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      await expect(readSafetensors(path), `${length} bytes`).rejects.toMatchObject({ code: 'SAFETENSORS_READ' })
    }
  })
})

test('duplicate keys are found as JSON sees them, and only within one object', () => {
  expect(duplicateKey('{"a":{"b":1},"b":{"a":[{"a":1},{"a":2}]}}')).toBeNull()
  expect(duplicateKey('{"a\\"b":1, "c":["x","x"], "a\\u0022b":2}')).toBe('a"b')
  expect(duplicateKey('{"a":"a","b":"b,{"}')).toBeNull()
  fc.assert(fc.property(fc.json(), (json) => duplicateKey(json) === null || json.includes('"')))
  fc.assert(fc.property(fc.object(), (value) => duplicateKey(JSON.stringify(value)) === null))
})
