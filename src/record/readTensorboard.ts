// Reads the scalars of TensorBoard event files: simple_value as PyTorch and gonogo write it, and TensorFlow 2's scalar tensors.
// Not images, graphs or histograms: they are passed over. A torn last record ends the file, as TensorBoard itself has it.

/** Tag → its points in the order they were written: step, value, seconds since 1970. */
export type Scalars = ReadonlyMap<string, readonly (readonly [step: number, value: number, seconds: number])[]>

type Field = { readonly number: number; readonly value: number | Buffer }

/** The fields of a protobuf message: varints and 64- and 32-bit numbers as they lie, length-delimited ones as bytes. */
function* fieldsOf(bytes: Buffer): Generator<Field & { readonly wire: number }> {
  let at = 0
  const varint = (): number => {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('torn')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const [number, wire] = [Math.floor(key / 8), key % 8]
    if (wire === 0) yield { number, wire, value: varint() }
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? varint() : Number.NaN
      if (!(at + length <= bytes.length)) throw new RangeError('torn')
      yield { number, wire, value: bytes.subarray(at, at + length) }
      at += length
    }
  }
}

const float = (b: Buffer): number => b.readFloatLE(0)
const double = (b: Buffer): number => b.readDoubleLE(0)

/** TensorProto: dtype 1 (1 float, 2 double), tensor_content 4, float_val 5, double_val 6. Null where it is no scalar. */
const tensorValue = (bytes: Buffer): number | null => {
  let dtype = 0
  let found: number | null = null
  for (const { number, wire, value } of fieldsOf(bytes)) {
    if (number === 1 && typeof value === 'number') dtype = value
    if (typeof value === 'number') continue
    if (number === 4 && dtype === 1 && value.length === 4) found = float(value)
    if (number === 4 && dtype === 2 && value.length === 8) found = double(value)
    // packed or not, one value has the same bytes
    if (number === 5 && value.length === 4 && (wire === 5 || wire === 2)) found = float(value)
    if (number === 6 && value.length === 8) found = double(value)
  }
  return found
}

/** Summary.Value: tag 1, simple_value 2, tensor 8. */
const scalarOf = (bytes: Buffer): readonly [tag: string, value: number] | null => {
  let tag = ''
  let found: number | null = null
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === 'number') continue
    if (number === 1) tag = value.toString('utf8')
    if (number === 2) found = float(value)
    if (number === 8) found = tensorValue(value)
  }
  return found === null ? null : [tag, found]
}

/** Event: wall_time 1, step 2, summary 5, session_log 7 with status 1 = START: what came at this step and later is void. */
const takeEvent = (bytes: Buffer, scalars: Map<string, [number, number, number][]>): void => {
  let [seconds, step, restarts] = [0, 0, false]
  const values: (readonly [string, number])[] = []
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 2 && typeof value === 'number') step = value
    if (typeof value === 'number') continue
    if (number === 1) seconds = double(value)
    if (number === 7) for (const f of fieldsOf(value)) if (f.number === 1 && f.value === 1) restarts = true
    if (number === 5)
      for (const f of fieldsOf(value)) {
        const found = f.number === 1 && typeof f.value !== 'number' ? scalarOf(f.value) : null
        if (found !== null) values.push(found)
      }
  }
  if (restarts)
    for (const [tag, points] of scalars)
      scalars.set(
        tag,
        points.filter(([at]) => at < step),
      )
  for (const [tag, value] of values) {
    const points = scalars.get(tag) ?? []
    points.push([step, value, seconds])
    scalars.set(tag, points)
  }
}

/** The scalars of the event files of one run, in the order of their names. */
export const readScalars = (files: readonly Buffer[]): Scalars => {
  const scalars = new Map<string, [number, number, number][]>()
  for (const file of files) {
    for (let at = 0; at + 12 <= file.length; ) {
      const length = Number(file.readBigUInt64LE(at))
      if (at + 12 + length + 4 > file.length) break
      try {
        takeEvent(file.subarray(at + 12, at + 12 + length), scalars)
      } catch (error) {
        if (error instanceof RangeError) break
        throw error
      }
      at += 12 + length + 4
    }
  }
  return scalars
}
