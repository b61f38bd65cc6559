// One line of journal.jsonl: an event with its place, its time and a checksum, and how lines are found again in bytes.
// It decides nothing about torn or damaged files; reading does.
import { crc32 } from 'node:zlib'
import type { z } from 'zod'
import type { DiskFile } from '../checkpoint/index.ts'
import { fromJson, type RunEvent, runEvent, toJson } from '../contract/index.ts'

export type JournalEntry<E = RunEvent> = {
  /** The first is 1, without gaps. */
  readonly seq: number
  /** ISO time of the append. */
  readonly at: string
  readonly event: E
}

/** A line whose checksum holds. Its event is not parsed: readers skip what they do not need. */
export type IntactLine = {
  readonly seq: number
  /** Every line up to this one was safe on the disk when this line was written. */
  readonly synced: number
  readonly at: string
  readonly json: string
}

/** What the events of a journal are checked against. */
export type EventSchema<E> = Pick<z.ZodType<E>, 'safeParse'>

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0')

/** With its newline. The checksum covers everything after it. */
export const formatLine = (seq: number, synced: number, at: string, event: unknown): string => {
  const rest = `"seq":${seq},"synced":${synced},"at":"${at}","event":${toJson(event)}}`
  return `{"crc":"${hex(crc32(rest))}",${rest}\n`
}

const shape = /^"seq":(\d{1,15}),"synced":(\d{1,15}),"at":"([^"]*)","event":(.*)\}$/s
const head = 18 // {"crc":"xxxxxxxx",

/** Null where the line is not what was written. */
export const parseLine = (bytes: Buffer): IntactLine | null => {
  if (bytes.length <= head) return null
  if (bytes.toString('latin1', 0, head) !== `{"crc":"${hex(crc32(bytes.subarray(head)))}",`) return null
  const [, seq, synced, at = '', json = ''] = shape.exec(bytes.toString('utf8', head)) ?? []
  return seq === undefined ? null : { seq: Number(seq), synced: Number(synced), at, json }
}

/** What stands before the event of an intact line; the event's text is decoded when it is asked for. */
export type LineHead = Omit<IntactLine, 'json'> & { readonly type: string; readonly json: () => string }

const before = /^"seq":(\d{1,15}),"synced":(\d{1,15}),"at":"([^"]{0,40})","event":/
/** Longer than anything that can stand before an event, and its type. */
const headBytes = 160

/** As {@link parseLine}, without decoding the event: most lines of a journal hold steps that few readers want. */
export const parseHead = (bytes: Buffer): LineHead | null => {
  if (bytes.length <= head || bytes.at(-1) !== 125) return null
  if (bytes.toString('latin1', 0, head) !== `{"crc":"${hex(crc32(bytes.subarray(head)))}",`) return null
  const text = bytes.toString('latin1', head, head + headBytes)
  const [all = '', seq, synced, at = ''] = before.exec(text) ?? []
  if (seq === undefined) return null
  const start = head + all.length
  return {
    seq: Number(seq),
    synced: Number(synced),
    at,
    type: typeOf(text.slice(all.length)),
    json: () => bytes.toString('utf8', start, bytes.length - 1),
  }
}

/** Null where the text is no event that this gonogo knows. */
export const parseEvent = <E = RunEvent>(json: string, schema: EventSchema<E> = runEvent as never): E | null => {
  try {
    // Decoding NaN visits every value; most lines hold none.
    const parsed = schema.safeParse(json.includes('"$number"') ? fromJson(json) : JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** The type of an event by the look of its text, without parsing it. */
export const typeOf = (json: string): string => /^\{"type":"([a-z]+)"/.exec(json)?.[1] ?? ''

export type RawLine = {
  /** 1 for the first line from `from`. */
  readonly number: number
  /** Where it starts in the file. */
  readonly start: number
  readonly bytes: Buffer
  /** False for what stands after the last newline. */
  readonly whole: boolean
}

const piece = 1 << 20

/** The lines of a file from byte `from` on, in bounded memory as long as lines are. */
export async function* linesOf(file: DiskFile, from = 0): AsyncGenerator<RawLine> {
  let parts: Buffer[] = []
  let start = from
  let number = 1
  const take = (last: Buffer): Buffer => {
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last])
    parts = []
    return bytes
  }
  for (let at = from; ; ) {
    const buffer = Buffer.alloc(piece)
    const read = await file.read(buffer, at)
    const chunk = buffer.subarray(0, read)
    at += read
    let begin = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      const bytes = take(chunk.subarray(begin, end))
      yield { number, start, bytes, whole: true }
      start += bytes.length + 1
      number++
      begin = end + 1
    }
    parts.push(chunk.subarray(begin))
    if (read < piece) break
  }
  const rest = take(Buffer.alloc(0))
  if (rest.length > 0) yield { number, start, bytes: rest, whole: false }
}
