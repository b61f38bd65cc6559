// Schemas of measured numbers: NaN and ±Infinity are evidence here, and z.number() refuses them.
// Not for settings: what a person writes in a run file is finite, and z.number() is right there.
import { z } from 'zod'

/** Any number, NaN and ±Infinity included. */
export const measured = z.custom<number>((v) => typeof v === 'number', 'expected a number')

const isMeasurements = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((v) => typeof v === 'number')

/**
 * Measured numbers by name. Names come from users: z.record() drops one called `__proto__`, this keeps it as an own key.
 * Read them with Object.entries or a Map, never by assigning into a plain object.
 */
export const measurements = z.custom<Record<string, number>>(isMeasurements, 'expected numbers by name')
