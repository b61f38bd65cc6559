// The events that count: a resume goes back to a checkpoint, and what was recorded after it is trained again.
// Pure; the journal itself keeps everything.
import type { RunEvent } from '../contract/index.ts'

/** The event as it stands after a resume from `step`; null where nothing of it does. */
const upTo = (event: RunEvent, step: number): RunEvent | null => {
  switch (event.type) {
    case 'steps': {
      const records = event.records.filter((r) => r.step <= step)
      return records.length === event.records.length ? event : records.length === 0 ? null : { ...event, records }
    }
    case 'evaluated':
    case 'decided':
      return event.step <= step ? event : null
    case 'checkpointed':
      return event.checkpoint.step <= step ? event : null
    // A run that goes on has not ended, wherever the end stood.
    case 'ended':
      return null
    case 'started':
    case 'preflight':
    case 'resumed':
    case 'warned':
    case 'watched':
      return event
    default:
      return event satisfies never
  }
}

/** Drops what a later `resumed` event voids. Order is kept. */
export const effective = (events: readonly RunEvent[]): RunEvent[] => {
  const kept: RunEvent[] = []
  let limit = Number.POSITIVE_INFINITY
  let resumed = false
  // From the end: an event is void when any later resume went back to before it, so the smallest such step decides.
  for (const event of events.toReversed()) {
    const left = resumed ? upTo(event, limit) : event
    if (left !== null) kept.push(left)
    if (event.type === 'resumed') {
      limit = Math.min(limit, event.fromStep)
      resumed = true
    }
  }
  return kept.reverse()
}
