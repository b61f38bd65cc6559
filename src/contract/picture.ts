// A small picture that a finding carries: the numbers that are drawn, never markup. report/ draws them.
// Not evidence: no verdict hangs on a picture, and a report without pictures says the same.
import { z } from 'zod'
import { measured } from './measured.ts'

/** Points of one line at most; whoever has more thins them, first and last kept. */
export const mostPoints = 200

const text = z.string().max(200)
const axis = z.strictObject({ name: text, scale: z.enum(['linear', 'log']).default('linear') })

/** Grey or colour, a byte a channel, row by row, base64. */
export const thumbnail = z.strictObject({
  width: z.int().min(1).max(64),
  height: z.int().min(1).max(64),
  channels: z.union([z.literal(1), z.literal(3)]),
  bytes: z.string().max(20_000),
})

export const picture = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lines'),
    title: text,
    x: axis,
    y: axis,
    lines: z
      .array(z.strictObject({ name: text, points: z.array(z.tuple([measured, measured])).max(2 * mostPoints) }))
      .max(8),
    /** Levels worth a line of their own: a floor, a chance level. */
    levels: z
      .array(z.strictObject({ name: text, y: measured }))
      .max(4)
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('bars'),
    title: text,
    y: axis,
    /** One bar a series in each group. */
    series: z.array(text).min(1).max(3),
    groups: z.array(z.strictObject({ name: text, values: z.array(measured.nullable()).max(3) })).max(200),
    /** Groups that there were beyond those shown. */
    left: z.int().default(0),
  }),
  z.strictObject({
    kind: z.literal('intervals'),
    title: text,
    /** Middle between low and high, each with its own words and unit; a limit where one is declared. */
    rows: z
      .array(
        z.strictObject({
          name: text,
          low: measured,
          middle: measured,
          high: measured,
          limit: measured.nullable(),
          words: z.strictObject({ low: text, middle: text, high: text, limit: text.nullable() }),
        }),
      )
      .max(12),
  }),
  z.strictObject({
    kind: z.literal('samples'),
    title: text,
    samples: z.array(thumbnail.extend({ label: text })).max(32),
  }),
])
export type Picture = z.infer<typeof picture>
export type PictureOf<K extends Picture['kind']> = Extract<Picture, { kind: K }>
