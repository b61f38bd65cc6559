// Bytes of a TensorBoard event file: TFRecord framing around the few protobuf messages that scalars need.
// Formats: tensorflow/core/util/event.proto, framework/summary.proto, lib/io/record_writer.h. Written by hand: five fields.
import castagnoli from 'crc-32/crc32c.js'

const varint = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}

const double = (field: number, value: number): Buffer => {
  const bytes = Buffer.alloc(9)
  bytes[0] = (field << 3) | 1
  bytes.writeDoubleLE(value, 1)
  return bytes
}
const int = (field: number, value: number): Buffer => Buffer.from([field << 3, ...varint(value)])
const bytes = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(content.length)]), content])
const text = (field: number, content: string): Buffer => bytes(field, Buffer.from(content))

// Event: wall_time 1, step 2, file_version 3, summary 5, session_log 7. Summary: value 1. Value: tag 1, simple_value 2.
// SessionLog: status 1, with START 1.

/** First record of each file. `seconds` since 1970, as everywhere here. */
export const versionEvent = (seconds: number): Buffer => Buffer.concat([double(1, seconds), text(3, 'brain.Event:2')])

/** Makes TensorBoard drop what earlier files hold at `step` and after. */
export const restartEvent = (seconds: number, step: number): Buffer =>
  Buffer.concat([double(1, seconds), int(2, step), bytes(7, int(1, 1))])

export const scalarsEvent = (seconds: number, step: number, scalars: ReadonlyMap<string, number>): Buffer => {
  // Written once a step, so into one buffer of the right size: many small ones cost four times as much.
  const named = [...scalars].map(([tag, value]) => ({ name: nameOf(tag), value }))
  const sizes = named.map(({ name }) => name.length + 5)
  const summary = sizes.reduce((sum, size) => sum + 1 + lengthOf(size) + size, 0)
  const event = Buffer.allocUnsafe(9 + 1 + lengthOf(step) + 1 + lengthOf(summary) + summary)
  event[0] = (1 << 3) | 1
  let at = putVarint(event, put(event, event.writeDoubleLE(seconds, 1), 2 << 3), step)
  at = putVarint(event, put(event, at, (5 << 3) | 2), summary)
  for (const [i, { name, value }] of named.entries()) {
    at = putVarint(event, put(event, at, (1 << 3) | 2), sizes[i] as number)
    event.set(name, at)
    at = event.writeFloatLE(value, put(event, at + name.length, (2 << 3) | 5))
  }
  return event
}

const put = (into: Buffer, at: number, byte: number): number => {
  into[at] = byte
  return at + 1
}

const putVarint = (into: Buffer, from: number, value: number): number => {
  let at = from
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) at = put(into, at, (rest % 128) | 128)
  return put(into, at, rest)
}

const lengthOf = (value: number): number => {
  let bytes = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

/** The field of a tag, encoded; a run has few tags and writes each at every step. */
const names = new Map<string, Buffer>()
const nameOf = (tag: string): Buffer => {
  const known = names.get(tag)
  if (known !== undefined) return known
  const made = text(1, tag)
  if (names.size < 10_000) names.set(tag, made)
  return made
}

/** Rotated and shifted, because a checksum of data that holds checksums is weak (record_writer.h). */
const masked = (data: Buffer): number => {
  const crc = castagnoli.buf(data) >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Length, its checksum, the data, its checksum. */
export const frame = (data: Buffer): Buffer => {
  const record = Buffer.allocUnsafe(12 + data.length + 4)
  record.writeUInt32LE(data.length, 0)
  record.writeUInt32LE(0, 4) // the length has 64 bits
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8)
  data.copy(record, 12)
  record.writeUInt32LE(masked(data), 12 + data.length)
  return record
}
