// Turns whatever user code threw into an ErrorReport: where it happened, the line itself, the user's own frame first.
import { readFileSync } from 'node:fs'
import { type ErrorReport, GonogoError } from '../../contract/errors.ts'
import type { Loaded } from './loader.ts'

/** The report of an error. `loaded` tells which stack frames are the user's. */
export const reportOf = (error: unknown, loaded: Loaded | null): ErrorReport => {
  if (error instanceof GonogoError) return { ...error.report(), excerpt: error.excerpt ?? excerptAt(error.where) }
  if (isTensorError(error)) {
    const where = loaded?.userFrame(error) ?? (error.where === '?' ? undefined : error.where)
    return {
      code: error.code,
      message: error.layer ? `in ${error.layer}` : 'while the graph was traced',
      where,
      excerpt: excerptAt(where),
      seen: error.seen,
      expected: error.expected,
      try: error.try || undefined,
    }
  }
  const where = loaded?.userFrame(error) ?? undefined
  return {
    code: 'USER_CODE',
    message: error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error),
    where,
    excerpt: excerptAt(where),
    trace: error instanceof Error ? traceOf(error, loaded) : undefined,
  }
}

type TensorErrorLike = Error & {
  code: string
  where: string
  layer: string
  seen: string
  expected: string
  try: string
}

const isTensorError = (error: unknown): error is TensorErrorLike =>
  error instanceof Error && error.name === 'TensorError'

/** The source line and a caret under the column, or undefined where the file cannot be read. */
export const excerptAt = (where: string | undefined): string | undefined => {
  const match = /^(.+):(\d+):(\d+)$/.exec(where ?? '')
  if (!match) return undefined
  try {
    const line = readFileSync(match[1] as string, 'utf8').split('\n')[Number(match[2]) - 1]
    if (line === undefined) return undefined
    const gutter = `${match[2]} | `
    return `${gutter}${line}\n${' '.repeat(gutter.length - 2)}| ${' '.repeat(Number(match[3]) - 1)}^`
  } catch {
    return undefined
  }
}

const traceOf = (error: Error, loaded: Loaded | null): string => {
  const lines = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  const users = lines.filter((line) => loaded?.userFrame(Object.assign(new Error(), { stack: line })) !== null)
  const rest = lines.filter((line) => !users.includes(line) && !line.includes('node:internal'))
  return [`${error.name}: ${error.message}`, ...users, ...rest].join('\n')
}
