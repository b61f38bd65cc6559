// The rows as the server last told them, and which runs have moved since: what was shown stays until something newer comes.
// Not the view: address.ts has that.
import { useEffect, useState } from 'preact/hooks'
import type { Row } from '../view.ts'
import { askRuns, listen } from './api.ts'

export type Told = {
  readonly rows: ReadonlyMap<string, Row>
  /** How often a run has changed since the page was opened. */
  readonly versions: ReadonlyMap<string, number>
  /** Null: not yet, and nothing is wrong. */
  readonly isConnected: boolean | null
  readonly isLoaded: boolean
  readonly fault: string | null
}

const nothing: Told = { rows: new Map(), versions: new Map(), isConnected: null, isLoaded: false, fault: null }

/** All rows, live. `pinned`: the run that they are measured by. */
export const useRuns = (pinned: string | null): Told => {
  const [told, setTold] = useState(nothing)
  useEffect(() => {
    let over = false
    const load = async () => {
      try {
        const { rows } = await askRuns(pinned)
        if (over) return
        setTold((old) => ({ ...old, rows: new Map(rows.map((row) => [row.run, row])), isLoaded: true, fault: null }))
      } catch (error) {
        if (!over) setTold((old) => ({ ...old, fault: error instanceof Error ? error.message : String(error) }))
      }
    }
    const stop = listen(pinned, {
      changed: (changes) =>
        setTold((old) => {
          const rows = new Map(old.rows)
          const versions = new Map(old.versions)
          for (const row of changes.rows) rows.set(row.run, row)
          for (const run of changes.gone) rows.delete(run)
          for (const run of [...changes.rows.map((row) => row.run), ...changes.gone])
            versions.set(run, (versions.get(run) ?? 0) + 1)
          return { ...old, rows, versions }
        }),
      connected: (isConnected) => {
        setTold((old) => ({ ...old, isConnected }))
        // what happened while nobody listened
        if (isConnected) void load()
      },
    })
    void load()
    return () => {
      over = true
      stop()
    }
  }, [pinned])
  return told
}
