// A run as it happens: a pure fold over its events that yields lines to keep, and the one line that moves.
// Not a terminal: cli/ writes the lines, redraws the moving one where that is possible, and says it every 30 s elsewhere.
import type { Decision, RunEvent, RunEventOf, StepRecord } from '../contract/index.ts'
import { worded } from './lines.ts'
import type { Look } from './look.ts'
import { count, duration, measure, rate } from './numbers.ts'
import { printable } from './text.ts'

type Kept = RunEventOf<'checkpointed'>['keptAs'][number]

/** Share of the newest step in the moving step time: about the last 50 steps count. The first ones count alike. */
const freshness = 0.04
const shareOf = (seen: number) => Math.max(freshness, 1 / (seen + 1))

export type Watched = {
  readonly steps: number
  readonly step: number
  readonly epoch: number
  readonly loss: number
  readonly learningRate: number | null
  /** Seconds a step takes now, its wait for data included. */
  readonly stepSeconds: number | null
  /** Steps seen and seconds spent in evaluations and checkpoints since the run was started or resumed. */
  readonly seen: number
  readonly aside: number
  /** An evaluation whose line waits for the checkpoint that may follow it, and what was decided in between. */
  readonly pending: { readonly event: RunEventOf<'evaluated'>; readonly decided: readonly string[] } | null
}

export const watchFrom = (run: { steps: number }): Watched => ({
  steps: run.steps,
  step: 0,
  epoch: 1,
  loss: Number.NaN,
  learningRate: null,
  stepSeconds: null,
  seen: 0,
  aside: 0,
  pending: null,
})

const afterStep = (state: Watched, record: StepRecord): Watched => {
  const taken = record.seconds + record.wait
  const { stepSeconds } = state
  return {
    ...state,
    step: record.step,
    epoch: record.epoch,
    loss: record.loss,
    learningRate: record.updates.at(-1)?.learningRates[0] ?? state.learningRate,
    stepSeconds: stepSeconds === null ? taken : stepSeconds + shareOf(state.seen) * (taken - stepSeconds),
    seen: state.seen + 1,
  }
}

const flush = (state: Watched, keptAs: readonly Kept[], look: Look): readonly [Watched, string[]] => {
  if (state.pending === null) return [state, []]
  const { event, decided } = state.pending
  return [{ ...state, pending: null }, [evaluationLine(event, keptAs, look), ...decided]]
}

/** What came before the first step comes once, and says nothing of what is left. */
const aside = (state: Watched, seconds: number): Watched =>
  state.seen === 0 ? state : { ...state, aside: state.aside + seconds }

/** The next state, and the lines that are said now and stay. */
export const watch = (state: Watched, event: RunEvent, look: Look): readonly [Watched, string[]] => {
  // What comes between an evaluation and its checkpoint waits with it; everything else ends the wait.
  const keptAs = event.type === 'checkpointed' ? event.keptAs : []
  const [now, before] = event.type === 'decided' ? ([state, []] as const) : flush(state, keptAs, look)
  const [next, lines] = said(now, event, look)
  return [next, [...before, ...lines]]
}

const said = (state: Watched, event: RunEvent, look: Look): readonly [Watched, string[]] => {
  switch (event.type) {
    case 'steps':
      return [event.records.reduce(afterStep, state), []]
    case 'evaluated':
      return [aside({ ...state, step: event.step, pending: { event, decided: [] } }, event.seconds), []]
    case 'checkpointed':
      return [aside(state, event.seconds), []]
    case 'decided': {
      const lines = decisionLines(event.decision, event.step, state.steps, look)
      const { pending } = state
      if (pending === null) return [state, lines]
      return [{ ...state, pending: { ...pending, decided: [...pending.decided, ...lines] } }, []]
    }
    case 'resumed':
      return [
        { ...state, step: event.fromStep, epoch: Math.max(1, event.fromEpoch), stepSeconds: null, seen: 0, aside: 0 },
        resumedLines(event, state.steps, look),
      ]
    case 'warned':
      return [state, worded('WARN', event.message, look, look.colour.warn)]
    case 'ended':
    case 'started':
    case 'preflight':
    case 'watched':
      return [state, []]
    default:
      return event satisfies never
  }
}

/** The test split is evaluated once, at the end, on the best weights: its epoch says nothing. */
const whenOf = ({ epoch, step, metrics }: RunEventOf<'evaluated'>): string => {
  const names = Object.keys(metrics)
  if (names.length > 0 && names.every((name) => name.startsWith('test_'))) return 'test   '
  if (step === 0) return 'before '
  return Number.isInteger(epoch) ? `epoch ${count(epoch)}` : `step ${count(step)}`
}

const keptWords = (keptAs: readonly Kept[]): string =>
  keptAs.includes('best') ? 'best, kept' : keptAs.includes('top') ? 'among the best, kept' : ''

/** `epoch 1  val_loss 0.0714  val_accuracy 0.9786  best, kept` */
export const evaluationLine = (event: RunEventOf<'evaluated'>, keptAs: readonly Kept[], look: Look): string => {
  const at = whenOf(event)
  const metrics = Object.entries(event.metrics).map(([name, value]) => `${printable(name)} ${measure(value)}`)
  const kept = keptWords(keptAs)
  return [look.colour.bold(at), ...metrics, ...(kept ? [look.colour.go(kept)] : [])].join('  ')
}

/** A rule's advice. What it stopped is said by the last block, so a stop has no line of its own here. */
export const decisionLines = (decision: Decision, step: number, steps: number, look: Look): string[] => {
  const { action, reason, sentence } = decision
  if (reason === 'baseline')
    return worded('baseline', sentence, look, action === 'advise' ? look.colour.warn : look.colour.muted)
  if (action !== 'advise') return []
  const share = steps > 0 ? ` (${Math.floor((100 * step) / steps)}%)` : ''
  return worded(
    'STOP advised',
    `step ${count(step)} of ${count(steps)}${share}: ${sentence}; it goes on`,
    look,
    look.colour.warn,
  )
}

const resumedLines = (event: RunEventOf<'resumed'>, steps: number, look: Look): string[] => [
  ...event.passedOver.flatMap(({ name, reason }) =>
    worded('WARN', `checkpoint ${name} passed over: ${reason}`, look, look.colour.warn),
  ),
  ...worded(
    'RESUMED',
    event.checkpoint === null
      ? 'from the start: there is no usable checkpoint'
      : `at step ${count(event.fromStep)} of ${count(steps)}, from checkpoint ${event.checkpoint}`,
    look,
    look.colour.accent,
  ),
]

/** Seconds until the end at the present rate; evaluations and checkpoints count by their share so far. */
export const secondsLeft = (state: Watched): number => {
  if (state.stepSeconds === null || state.seen === 0) return Number.NaN
  return (state.steps - state.step) * (state.stepSeconds + state.aside / state.seen)
}

const figures = (state: Watched): string[] => {
  if (state.stepSeconds === null) return []
  const each = state.stepSeconds > 0 ? 1 / state.stepSeconds : Number.NaN
  return [
    `loss ${measure(state.loss)}`,
    ...(state.learningRate === null ? [] : [`lr ${rate(state.learningRate)}`]),
    ...(Number.isFinite(each) ? [each >= 10 ? `${count(each)} steps/s` : `${each.toPrecision(2)} steps/s`] : []),
    `${duration(secondsLeft(state))} left`,
  ]
}

/** `━━━━╸━━━━` of `cells`: full, the half in which progress stands, rest. */
export const bar = (fraction: number, cells: number, look: Look): string => {
  const halves = Math.max(0, Math.min(2 * cells, Math.floor(2 * cells * fraction)))
  const full = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '')
  return `${look.colour.go(full)}${look.colour.muted('─'.repeat(cells - full.length))}`
}

/** The line that moves. Never wider than the terminal: the bar gives way first, then the figures from the right. */
export const movingLine = (state: Watched, look: Look): string => {
  const start = `epoch ${count(state.epoch)}`
  const at = `${state.step}/${state.steps}`
  const parts = figures(state)
  // Room for the ^C that a terminal echoes: a wrapped line could not be taken back.
  const room = look.columns - 3
  const used = (shown: readonly string[]) => [start, at, ...shown].join('  ').length
  while (parts.length > 0 && used(parts) > room) parts.pop()
  const cells = Math.min(25, room - used(parts) - 2)
  const drawn = cells >= 5 ? [bar(state.steps > 0 ? state.step / state.steps : 0, cells, look)] : []
  return [look.colour.bold(start), ...drawn, at, ...parts].join('  ')
}

/** The same figures as a line of their own, for a log: `step 712/1290  loss 0.0612 …`. */
export const loggedLine = (state: Watched): string =>
  [`epoch ${count(state.epoch)}`, `step ${state.step}/${state.steps}`, ...figures(state)].join('  ')
