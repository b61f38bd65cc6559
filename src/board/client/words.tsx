// Small words that many parts of the page share: a state, a sparkline, a signed difference.
// Not layout.
import { measure, none } from '../../report/numbers.ts'
import type { Against, Row, RowState } from '../view.ts'

const shapes: Record<RowState, string> = {
  running: '●',
  done: '✓',
  stopped: '■',
  interrupted: '■',
  crashed: '!',
  'no-go': '✕',
  unreadable: '!',
}

const tones: Record<RowState, string> = {
  running: 'accent',
  done: 'go',
  stopped: 'warn',
  interrupted: 'warn',
  crashed: 'no-go',
  'no-go': 'no-go',
  unreadable: 'no-go',
}

/** Shape and word: colour says it a third time only. */
export const State = ({ state, why }: { readonly state: RowState; readonly why: string }) => (
  <span class={`state ${tones[state]}`} title={why}>
    <span aria-hidden="true">{shapes[state]}</span> {state}
  </span>
)

export const progressOf = ({ epoch, epochs, step, steps }: Row): string => {
  if (steps === null) return none
  if (epochs === null || !Number.isInteger(epochs)) return `${step}/${steps}`
  return `${Number.isInteger(epoch) ? epoch : epoch.toFixed(1)}/${epochs}`
}

export const Progress = ({ row }: { readonly row: Row }) => (
  <span class="progress" title={`step ${row.step} of ${row.steps ?? '?'}`}>
    <progress max={row.steps ?? 1} value={Math.min(row.step, row.steps ?? 1)} />
    <span>{progressOf(row)}</span>
  </span>
)

/** `−0.0012`. */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${measure(Math.abs(value))}`

export const Delta = ({ against }: { readonly against: Against | null }) => {
  if (against === null) return <span class="muted">{none}</span>
  if (against.kind === 'apart')
    return (
      <span class="muted" title={`${against.name}: ${against.why}`}>
        n/a
      </span>
    )
  const { delta, spread, seeds, name, isBetter } = against
  const noise =
    spread === null || spread === 0 ? '' : `; ${(Math.abs(delta) / spread).toFixed(1)} × the spread of its seeds`
  return (
    <span
      class={delta === 0 ? 'muted' : isBetter ? 'go' : 'warn'}
      title={`${isBetter ? 'better' : 'not better'} than ${name} at the same point, ${seeds} seed${seeds === 1 ? '' : 's'}${noise}`}
    >
      {signed(delta)}
    </span>
  )
}

/** The verdict, and how many findings are not plainly GO. */
export const Poll = ({ poll }: { readonly poll: Row['poll'] }) => {
  if (poll === null) return <span class="muted">{none}</span>
  const counts = new Map(poll.counts)
  const all = poll.counts.map(([status, n]) => `${n} ${status}`).join(', ')
  return (
    <span class="poll" title={all}>
      <b class={poll.verdict === 'GO' ? 'go' : 'no-go'}>{poll.verdict}</b>
      {poll.verdict === 'NO-GO' ? <span class="no-go"> {counts.get('NO-GO')}</span> : null}
      {counts.has('GO') ? <span class="muted"> {counts.get('GO')} go</span> : null}
      {counts.has('WARN') ? <span class="warn"> {counts.get('WARN')} warn</span> : null}
      {counts.has('WAIVED') ? <span class="warn"> {counts.get('WAIVED')} waived</span> : null}
    </span>
  )
}

const [wide, tall] = [88, 18]

/** The objective from its first value to its last, as high as its own range. */
export const Spark = ({ values }: { readonly values: readonly number[] }) => {
  if (values.length < 2) return null
  const low = Math.min(...values)
  const range = Math.max(...values) - low || 1
  const points = values.map(
    (value, i) =>
      `${((i / (values.length - 1)) * (wide - 4) + 2).toFixed(1)},${(tall - 2 - ((value - low) / range) * (tall - 4)).toFixed(1)}`,
  )
  return (
    <svg class="spark" width={wide} height={tall} viewBox={`0 0 ${wide} ${tall}`} aria-hidden="true">
      <polyline points={points.join(' ')} />
      <circle cx={points.at(-1)?.split(',')[0]} cy={points.at(-1)?.split(',')[1]} r="1.8" />
    </svg>
  )
}

/** The colour of a run as a dot or a short line. */
export const Swatch = ({ hue }: { readonly hue: number }) => <i class={`swatch hue${hue}`} aria-hidden="true" />
