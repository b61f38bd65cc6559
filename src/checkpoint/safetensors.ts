// Reads and writes safetensors files (huggingface.co/docs/safetensors): plain tensors that any tool opens, no code in them.
// Not a checkpoint: names and meanings of the tensors belong to whoever saves them.
import { GonogoError } from '../contract/index.ts'
import { type Disk, type DiskFile, errorCode, nodeDisk, withFile } from './disk.ts'
import { diskFull, isDiskFull } from './diskFull.ts'
import { type Header, headerLimit, parseHeader } from './safetensorsHeader.ts'
import { bytesOf, type Dtype, dtypes, elementsOf, type TensorData } from './tensorData.ts'

export type SavedTensor = { readonly dtype: Dtype; readonly shape: readonly number[]; readonly data: ArrayBufferView }
export type LoadedTensor = { readonly dtype: Dtype; readonly shape: readonly number[]; readonly data: TensorData }
export type Safetensors = {
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: ReadonlyMap<string, LoadedTensor>
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

// Wide types first, then by name: every tensor starts on a multiple of its element size without holes,
// and equal tensors give equal bytes whatever the order of the map.
const inFileOrder = (tensors: ReadonlyMap<string, SavedTensor>) =>
  [...tensors].sort(([a, x], [b, y]) => dtypes[y.dtype].bytes - dtypes[x.dtype].bytes || byName(a, b))

const encodeHeader = (
  tensors: readonly (readonly [string, SavedTensor])[],
  metadata: ReadonlyMap<string, string>,
  where: string,
): { header: Buffer; bytes: number } => {
  const entries: string[] = []
  if (metadata.size > 0) {
    const pairs = [...metadata].sort(([a], [b]) => byName(a, b))
    entries.push(`"__metadata__":{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`)
  }
  let end = 0
  for (const [name, { dtype, shape, data }] of tensors) {
    const expected = elementsOf(shape) * dtypes[dtype].bytes
    if (name === '__metadata__' || data.byteLength !== expected) {
      throw new GonogoError('SAFETENSORS_WRITE', `tensor '${name}' cannot be written`, {
        where,
        seen: name === '__metadata__' ? 'a name that the format keeps for itself' : `${data.byteLength} bytes of data`,
        expected:
          name === '__metadata__' ? 'another name' : `${expected} bytes for ${dtype} of shape [${shape.join(', ')}]`,
      })
    }
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${end},${end + expected}]}`,
    )
    end += expected
  }
  const text = Buffer.from(`{${entries.join(',')}}`)
  const padded = Math.ceil(text.length / 8) * 8
  if (padded > headerLimit) {
    throw new GonogoError('SAFETENSORS_WRITE', 'too many tensors for one file', {
      where,
      seen: `a header of ${padded} bytes`,
      expected: `at most ${headerLimit}`,
    })
  }
  const header = Buffer.alloc(8 + padded, ' ')
  header.writeBigUInt64LE(BigInt(padded), 0)
  text.copy(header, 8)
  return { header, bytes: header.length + end }
}

// Large enough that the disk is the limit, small enough that a progress bar and Ctrl-C stay alive.
const piece = 1 << 24

/**
 * Writes tensors to a new or emptied file and syncs it. The same tensors give the same bytes.
 *
 * @example await writeSafetensors('model.safetensors', new Map([['w', { dtype: 'F32', shape: [2], data: new Float32Array(2) }]]))
 */
export const writeSafetensors = async (
  path: string,
  tensors: ReadonlyMap<string, SavedTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
  disk: Disk = nodeDisk,
): Promise<{ readonly bytes: number }> => {
  const ordered = inFileOrder(tensors)
  const { header, bytes } = encodeHeader(ordered, metadata, path)
  let written = 0
  try {
    await withFile(disk, path, 'replace', async (file) => {
      await file.write(header, 0)
      written = header.length
      for (const [, { data }] of ordered) {
        const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        for (let at = 0; at < view.length; at += piece) {
          const part = view.subarray(at, at + piece)
          await file.write(part, written)
          written += part.length
        }
      }
      await file.sync()
    })
  } catch (error) {
    if (!isDiskFull(error)) throw error
    const free = (await disk.free(path).catch(() => 0)) + written
    throw diskFull({ where: path, needed: bytes, free, intact: 'this file is incomplete', cause: error })
  }
  return { bytes }
}

const readHeader = async (file: DiskFile, path: string): Promise<{ header: Header; start: number }> => {
  const size = await file.size()
  const refuse = (seen: string, expected: string): GonogoError =>
    new GonogoError('SAFETENSORS_READ', 'this is no intact safetensors file', { where: path, seen, expected })
  const prefix = Buffer.alloc(8)
  if ((await file.read(prefix, 0)) < 8) throw refuse(`${size} bytes in all`, 'at least 8 for the header length')
  const length = prefix.readBigUInt64LE(0)
  if (length > BigInt(headerLimit)) throw refuse(`a header length of ${length}`, `at most ${headerLimit} bytes`)
  if (length + 8n > BigInt(size)) throw refuse(`a header of ${length} bytes in a file of ${size}`, 'a whole file')
  const text = Buffer.alloc(Number(length))
  await file.read(text, 8)
  return { header: parseHeader(text, size - 8 - text.length, refuse), start: 8 + text.length }
}

const opened = async <T>(disk: Disk, path: string, use: (file: DiskFile) => Promise<T>): Promise<T> => {
  try {
    return await withFile(disk, path, 'read', use)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    throw new GonogoError('SAFETENSORS_READ', 'there is no such file', { where: path, cause: error })
  }
}

/** Names, types and shapes alone. The whole header is validated against the file's size; no tensor is read. */
export const readSafetensorsHeader = (path: string, disk: Disk = nodeDisk): Promise<Header> =>
  opened(disk, path, async (file) => (await readHeader(file, path)).header)

/** Every tensor, or those that `names` lists, each in memory of its own. */
export const readSafetensors = (
  path: string,
  disk: Disk = nodeDisk,
  names: ReadonlySet<string> | null = null,
): Promise<Safetensors> =>
  opened(disk, path, async (file) => {
    const { header, start } = await readHeader(file, path)
    const tensors = new Map<string, LoadedTensor>()
    for (const [name, { dtype, shape, offset, bytes }] of header.tensors) {
      if (names !== null && !names.has(name)) continue
      const buffer = new ArrayBuffer(bytes)
      if ((await file.read(new Uint8Array(buffer), start + offset)) < bytes) {
        throw new GonogoError('SAFETENSORS_READ', `tensor '${name}' ends early`, {
          where: path,
          seen: 'the file became shorter while it was read',
          expected: `${bytes} bytes`,
        })
      }
      tensors.set(name, { dtype, shape, data: bytesOf(dtype, buffer) })
    }
    return { metadata: header.metadata, tensors }
  })
