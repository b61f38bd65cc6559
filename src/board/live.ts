// Who listens, and what is new for them: while anybody does, the project is read again every second.
// Not a file watcher: those miss what other machines write to a shared disk.
import type { Project } from './project.ts'

export type Listener = {
  /** Names of runs that have changed or are gone since the last call; waits for the first. Empty when it is over. */
  next(): Promise<ReadonlySet<string>>
  close(): void
}

export type Live = {
  listen(): Listener
  /** Nobody waits any more. */
  close(): void
}

/** `every`: milliseconds between two looks. */
export const openLive = (project: Project, every: number): Live => {
  const waiting = new Set<{ tell(changed: ReadonlySet<string>): void; close(): void }>()
  let timer: NodeJS.Timeout | null = null

  const look = async (): Promise<void> => {
    // a disk that cannot be read now can be later; what is shown stays
    const changed = await project.refresh().catch(() => new Set<string>())
    if (changed.size > 0) for (const each of waiting) each.tell(changed)
    plan()
  }
  const plan = () => {
    timer = waiting.size === 0 ? null : setTimeout(() => void look(), every).unref()
  }

  return {
    listen() {
      let pending = new Set<string>()
      let over = false
      let wake: (() => void) | null = null
      const own = {
        tell(changed: ReadonlySet<string>) {
          for (const run of changed) pending.add(run)
          wake?.()
        },
        close() {
          over = true
          waiting.delete(own)
          wake?.()
        },
      }
      waiting.add(own)
      if (timer === null) plan()
      return {
        close: own.close,
        async next() {
          if (pending.size === 0 && !over)
            await new Promise<void>((done) => {
              wake = done
            })
          wake = null
          const changed = pending
          pending = new Set()
          return over ? new Set() : changed
        },
      }
    },
    close() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      for (const each of [...waiting]) each.close()
    },
  }
}
