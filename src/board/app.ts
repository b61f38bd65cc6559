// What the board answers to each address, and what it refuses: other hosts, other sites' pages, every method but reading.
// Not a socket: server.ts listens. Nothing is written here, and no name from an address reaches the disk.
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { toJson } from '../contract/index.ts'
import { preflightHtml, printable } from '../report/index.ts'
import { auditViewOf } from './audit.ts'
import { curvesOf } from './curves.ts'
import type { Live } from './live.ts'
import type { Page } from './pages.ts'
import type { Project } from './project.ts'
import { lastOf, rowOf } from './rows.ts'
import { selectionOf } from './selection.ts'
import type { Changes, Row, Runs } from './view.ts'

export type AppOptions = {
  readonly project: Project
  readonly live: Live
  readonly pages: ReadonlyMap<string, Page>
  /** `127.0.0.1:4466` and its other names: what a request may call this host. */
  readonly isOurs: (host: string) => boolean
}

/** The page's own files and nothing else; charts set styles by script, which needs no exception. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** A report is markup and its own style, without scripts. */
const reportPolicy =
  "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Names and sentences are other people's: what would move a cursor or turn text around is shown, not obeyed. */
const safe = (value: unknown): unknown => {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value)) return value.map(safe)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, safe(inner)]))
}

const mostRuns = 100

/** A finite number within bounds, or what stands in for it. */
const numberOr = (text: string | undefined, otherwise: number, low: number, high: number): number => {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise
}

export const boardApp = ({ project, live, pages, isOurs }: AppOptions): Hono => {
  const app = new Hono()
  const json = (c: Context, value: unknown) =>
    c.body(toJson(value), 200, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  const runsAsked = (c: Context): string[] => [...new Set(c.req.queries('run') ?? [])].slice(0, mostRuns)
  /** A run that is there; anything else pins nothing. */
  const pinnedAsked = (c: Context): string | null => {
    const pinned = c.req.query('pinned')
    return pinned !== undefined && project.runs.has(pinned) ? pinned : null
  }
  const rows = (names: Iterable<string>, pinned: string | null): Row[] =>
    [...names].flatMap((name) => {
      const known = project.runs.get(name)
      return known === undefined ? [] : [rowOf(known, pinned, project.runs, project.baselines())]
    })

  app.use(async (c, next) => {
    // a name that somebody else's DNS has turned to this machine is not ours
    if (!isOurs(c.req.header('host') ?? '')) return c.text('this board answers to its own address only\n', 421)
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
      return c.text('a board is only looked at\n', 405, { Allow: 'GET, HEAD' })
    const from = c.req.header('sec-fetch-site')
    const isVisit = c.req.header('sec-fetch-mode') === 'navigate'
    if ((from === 'cross-site' || from === 'same-site') && !isVisit)
      return c.text('other sites cannot read this board\n', 403)
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Cross-Origin-Resource-Policy', 'same-origin')
    c.header('Cross-Origin-Opener-Policy', 'same-origin')
    if (c.res.headers.get('Content-Security-Policy') === null) c.header('Content-Security-Policy', pagePolicy)
  })

  for (const asking of ['/api/*', '/preflight/*'])
    app.use(asking, async (_, next) => {
      // a page may be opened at one run before any has been read
      await project.ready()
      await next()
    })

  app.get('/api/runs', async (c) => {
    await project.refresh()
    const reply: Runs = { root: project.root, rows: rows(project.runs.keys(), pinnedAsked(c)) }
    return json(c, safe(reply))
  })

  app.get('/api/events', (c) => {
    const pinned = pinnedAsked(c)
    return streamSSE(c, async (stream) => {
      const listener = live.listen()
      stream.onAbort(() => listener.close())
      const beat = setInterval(() => void stream.write(': still here\n\n').catch(() => listener.close()), 15_000)
      try {
        await stream.writeSSE({ event: 'open', data: '' })
        for (;;) {
          const changed = await listener.next()
          if (changed.size === 0) return
          const changes: Changes = {
            // what runs are measured by may be a run itself: then all stand differently
            rows: rows(pinned !== null && changed.has(pinned) ? project.runs.keys() : changed, pinned),
            gone: [...changed].filter((run) => !project.runs.has(run)),
          }
          await stream.writeSSE({ event: 'changes', data: toJson(safe(changes)) })
        }
      } finally {
        clearInterval(beat)
        listener.close()
      }
    })
  })

  app.get('/api/selection', async (c) => json(c, safe(await selectionOf(project, runsAsked(c)))))

  app.get('/api/curves', async (c) => {
    const runs = runsAsked(c)
    const asked = c.req.query('metric') ?? ''
    const bound = (name: string, otherwise: number) =>
      numberOr(c.req.query(name), otherwise, -Number.MAX_VALUE, Number.MAX_VALUE)
    const reply = await curvesOf(project, {
      runs,
      metric: asked,
      axis: c.req.query('axis') === 'time' ? 'time' : 'step',
      from: bound('from', Number.NEGATIVE_INFINITY),
      to: bound('to', Number.POSITIVE_INFINITY),
      width: Math.round(numberOr(c.req.query('width'), 600, 10, 4000)),
      weight: numberOr(c.req.query('smooth'), 0, 0, 0.9999),
      pinned: pinnedAsked(c),
    })
    return json(c, { ...reply, metric: printable(reply.metric) })
  })

  app.get('/api/audit', async (c) => {
    await project.refresh()
    return json(c, safe(await auditViewOf(project)))
  })

  app.get('/preflight/:run', (c) => {
    const known = project.runs.get(c.req.param('run'))
    const poll = known === undefined ? undefined : lastOf(known.events, 'preflight')
    if (poll === undefined || known?.plan == null) return c.text('no poll of such a run\n', 404)
    c.header('Content-Security-Policy', reportPolicy)
    return c.html(preflightHtml(poll.findings, known.plan, poll.seconds))
  })

  app.get('*', (c) => {
    const page = pages.get(c.req.path)
    if (page === undefined) return c.text('there is nothing at this address\n', 404)
    const isLasting = c.req.path.startsWith('/assets/')
    return c.body(page.bytes, 200, {
      'Content-Type': page.type,
      'Cache-Control': isLasting ? 'max-age=31536000, immutable' : 'no-cache',
    })
  })

  app.onError((error, c) => c.text(`${printable(error.message)}\n`, 500))
  return app
}
