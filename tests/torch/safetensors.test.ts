// Our safetensors open with the plain library, and its files open here.
// Needs a Python with torch and safetensors: GONOGO_TEST_PYTHON.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSafetensors, type SavedTensor, writeSafetensors } from '../../src/checkpoint/index.ts'

const python = process.env.GONOGO_TEST_PYTHON
if (python === undefined) console.warn('GONOGO_TEST_PYTHON is not set: safetensors are not tested against the library')

const root = mkdtempSync(join(tmpdir(), 'gonogo-safetensors-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const run = (code: string, ...args: string[]): string =>
  execFileSync(python ?? '', ['-c', code, ...args], { encoding: 'utf8' })

const tensors = new Map<string, SavedTensor>([
  ['f64', { dtype: 'F64', shape: [2], data: Float64Array.of(1e300, Number.NaN) }],
  ['f32', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, -0, Infinity, 6) }],
  ['f16', { dtype: 'F16', shape: [3], data: Float16Array.of(0.5, 65504, -1) }],
  ['bf16', { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) }],
  ['i64', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 62n)) }],
  ['i32', { dtype: 'I32', shape: [], data: Int32Array.of(-7) }],
  ['i16', { dtype: 'I16', shape: [1], data: Int16Array.of(-300) }],
  ['i8', { dtype: 'I8', shape: [1], data: Int8Array.of(-3) }],
  ['u8', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 128, 255) }],
  ['bool', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) }],
  ['empty', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
  ['stage1.1.running_mean', { dtype: 'F32', shape: [1], data: Float32Array.of(9) }],
  ['é__proto__"', { dtype: 'F32', shape: [1], data: Float32Array.of(10) }],
])

test.runIf(python !== undefined)(
  'load_file reads what we wrote; what save_file writes comes back bit for bit',
  async () => {
    const [ours, theirs] = [join(root, 'ours.safetensors'), join(root, 'theirs.safetensors')]
    await writeSafetensors(ours, tensors, new Map([['format', 'pt']]))
    const seen = run(
      `
import json, sys
from safetensors import safe_open
from safetensors.torch import load_file, save_file
tensors = load_file(sys.argv[1])
save_file(tensors, sys.argv[2], metadata={"by": "them"})
print(json.dumps({n: [str(t.dtype), list(t.shape), repr(t.flatten().tolist())] for n, t in tensors.items()}))
assert safe_open(sys.argv[1], "pt").metadata() == {"format": "pt"}`,
      ours,
      theirs,
    )
    const told = new Map(Object.entries<[string, number[], string]>(JSON.parse(seen)))
    expect(told.size).toBe(tensors.size)
    expect(told.get('f64')).toEqual(['torch.float64', [2], '[1e+300, nan]'])
    expect(told.get('f32')).toEqual(['torch.float32', [2, 3], '[1.0, 2.0, 3.0, -0.0, inf, 6.0]'])
    expect(told.get('f16')).toEqual(['torch.float16', [3], '[0.5, 65504.0, -1.0]'])
    expect(told.get('bf16')).toEqual(['torch.bfloat16', [2], '[1.0, -2.0]'])
    expect(told.get('i64')).toEqual(['torch.int64', [1], '[-4611686018427387904]'])
    expect(told.get('i32')).toEqual(['torch.int32', [], '[-7]'])
    expect(told.get('bool')).toEqual(['torch.bool', [2], '[False, True]'])
    expect(told.get('empty')).toEqual(['torch.float32', [0, 4], '[]'])

    const back = await readSafetensors(theirs)
    expect(new Map(back.metadata)).toEqual(new Map([['by', 'them']]))
    expect(new Map(back.tensors)).toEqual(tensors)
  },
)

test.runIf(python !== undefined)('files that the library refuses are refused here', async () => {
  const path = join(root, 'hostile.safetensors')
  const code = `
import json, sys
from safetensors.torch import load_file
headers = [
    {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
    {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}},
    {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
    {"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}},
]
for i, header in enumerate(headers):
    header = json.dumps(header).encode()
    open(sys.argv[1] + str(i), "wb").write(len(header).to_bytes(8, "little") + header + bytes(8))
    try:
        load_file(sys.argv[1] + str(i))
    except Exception:
        print("refused", i)`
  expect(run(code, path).trim().split('\n')).toEqual([0, 1, 2, 3].map((i) => `refused ${i}`))
  for (const i of [0, 1, 2, 3])
    await expect(readSafetensors(path + i)).rejects.toMatchObject({ code: 'SAFETENSORS_READ' })
})
