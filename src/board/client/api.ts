// What the page asks of the server, and the stream of what is new.
// Not state: store.ts keeps what comes.
import { fromJson } from '../../contract/json.ts'
import type { AuditView, Changes, Curves, Runs, Selection } from '../view.ts'

const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => {
  const reply = await fetch(path, signal === undefined ? {} : { signal })
  const text = await reply.text()
  if (!reply.ok) throw new Error(text.trim() || `the server said ${reply.status}`)
  return fromJson(text) as T
}

const search = (pairs: readonly (readonly [string, string | number | null])[]): string =>
  new URLSearchParams(
    pairs.flatMap(([key, value]) => (value === null ? [] : [[key, String(value)] as [string, string]])),
  ).toString()

const named = (runs: readonly string[]) => runs.map((run) => ['run', run] as const)

export const askRuns = (pinned: string | null): Promise<Runs> => get(`/api/runs?${search([['pinned', pinned]])}`)

export const askSelection = (runs: readonly string[]): Promise<Selection> =>
  get(`/api/selection?${search(named(runs))}`)

export const askAudit = (): Promise<AuditView> => get('/api/audit')

export type CurvesAsked = {
  readonly runs: readonly string[]
  readonly metric: string
  readonly axis: string
  readonly from: number | null
  readonly to: number | null
  readonly width: number
  readonly smooth: number
  readonly pinned: string | null
}

export const askCurves = ({ runs, ...rest }: CurvesAsked, signal: AbortSignal): Promise<Curves> =>
  get(`/api/curves?${search([...named(runs), ...Object.entries(rest)])}`, signal)

/** Calls `changed` with what is new, and `connected` whenever the stream comes or goes. Ends with the function it returns. */
export const listen = (
  pinned: string | null,
  on: { changed(changes: Changes): void; connected(is: boolean): void },
): (() => void) => {
  const source = new EventSource(`/api/events?${search([['pinned', pinned]])}`)
  source.addEventListener('open', () => on.connected(true))
  source.addEventListener('error', () => on.connected(false))
  source.addEventListener('changes', (event) => on.changed(fromJson(String(event.data)) as Changes))
  return () => source.close()
}
