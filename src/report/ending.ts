// The last block of a run: how it ended, its best, what is kept, and the commands worth typing next.
// Not the journal's `ended` event alone: it prints what train and resume give back.
import type { Metric, Plan, ReasonCode, RunFile } from '../contract/index.ts'
import { nextLines, shellWord, worded } from './lines.ts'
import type { Look } from './look.ts'
import { count, duration, measure, plural } from './numbers.ts'
import { printable } from './text.ts'

export type Ending = {
  /** What a person types to name the run from where they stand: its name, or a path. */
  readonly run: string
  /** The run folder, as a path a person can use from where they stand. */
  readonly folder: string
  /** The run file, likewise; null where it is not known any more. */
  readonly file: string | null
  readonly steps: number
  readonly plannedSteps: number
  readonly epochs: number
  readonly seconds: number
  /** What was foretold of `seconds`; null where nothing was. */
  readonly forecast: { readonly seconds: number } | null
  readonly stop: { readonly reason: ReasonCode; readonly sentence: string }
  readonly best: {
    readonly metric: string
    readonly value: number
    readonly step: number
    readonly checkpoint: string | null
  } | null
  readonly stepsPerEpoch: number
  readonly metrics: Readonly<Record<string, number>>
  readonly objective: Metric
  readonly config: RunFile['config']
}

export type EndWord = 'DONE' | 'STOPPED' | 'INTERRUPTED' | 'CRASHED' | 'NO-GO'

export const endWord = (reason: ReasonCode): EndWord => {
  switch (reason) {
    case 'length-reached':
      return 'DONE'
    case 'interrupted':
      return 'INTERRUPTED'
    case 'crashed':
      return 'CRASHED'
    case 'no-go':
      return 'NO-GO'
    case 'not-finite':
    case 'divergence':
    case 'patience':
    case 'baseline':
    case 'benchmark':
    case 'generalisation-loss':
    case 'progress-quotient':
    case 'successive-increase':
    case 'budget':
    case 'pruned':
      return 'STOPPED'
    default:
      return reason satisfies never
  }
}

export const endingOf = (
  plan: Plan,
  result: Omit<Ending, 'plannedSteps' | 'stepsPerEpoch' | 'objective' | 'config'>,
): Ending => ({
  ...result,
  plannedSteps: plan.steps,
  stepsPerEpoch: plan.stepsPerEpoch,
  objective: plan.objective,
  config: plan.run.config,
})

const paintOf = (word: EndWord, { colour }: Look) =>
  word === 'DONE' ? colour.go : word === 'CRASHED' || word === 'NO-GO' ? colour.noGo : colour.warn

const amount = (e: Ending): string => {
  if (Number.isInteger(e.epochs)) return `${plural(e.epochs, 'epoch')}, ${plural(e.steps, 'step')}`
  return `${plural(e.steps, 'step')} (${Number(e.epochs.toPrecision(2))} epochs)`
}

/** The sentence of an end, without the word that stands before it already. */
export const afterWord = (sentence: string): string => sentence.replace(/^(interrupted|stopped)[;,:] */, '')

const firstLine = (e: Ending, look: Look): string[] => {
  const word = endWord(e.stop.reason)
  const paint = paintOf(word, look)
  if (word === 'DONE')
    return worded(
      word,
      `${amount(e)}, ${duration(e.seconds)}${e.forecast ? ` (forecast ${duration(e.forecast.seconds)})` : ''}`,
      look,
      paint,
    )
  if (word === 'NO-GO') return worded(word, `${e.stop.sentence}; nothing was trained`, look, paint)
  const at = `step ${count(e.steps)} of ${count(e.plannedSteps)}, ${duration(e.seconds)}`
  return worded(word, `${afterWord(e.stop.sentence)} · ${at}`, look, paint)
}

const bestLine = (e: Ending, look: Look): string[] => {
  if (e.best === null) return []
  const at =
    e.stepsPerEpoch > 0 && e.best.step % e.stepsPerEpoch === 0
      ? `epoch ${count(e.best.step / e.stepsPerEpoch)}`
      : `step ${count(e.best.step)}`
  const twin = e.best.metric.replace(/^val_/, 'test_')
  const tested = Object.entries(e.metrics).filter(([name]) => name === twin && name !== e.best?.metric)
  const test = tested.map(([name, value]) => `${name} ${measure(value)}`).join(', ')
  return worded(
    'best',
    `${e.best.metric} ${measure(e.best.value)}, ${at}${test ? `; ${test}` : ''}`,
    look,
    look.colour.muted,
  )
}

/** A value of the config that can be varied without thought: the learning rate halved, or else the first number. */
const variation = (config: RunFile['config']): { key: string; value: number } | null => {
  const numbers = Object.entries(config).filter(
    (pair): pair is [string, number] => typeof pair[1] === 'number' && pair[1] > 0,
  )
  const [key, value] = numbers.find(([name]) => /^(learning_rate|lr)$/.test(name)) ?? numbers[0] ?? []
  if (key === undefined || value === undefined) return null
  const half = Number.isInteger(value) ? Math.max(1, Math.floor(value / 2)) : Number((value / 2).toPrecision(6))
  return { key, value: half }
}

const varyCommand = (e: Ending): string[] => {
  const change = variation(e.config)
  if (e.file === null || change === null) return []
  const name = `${e.file.replace(/(\.run)?\.ya?ml$/, '')}-${change.key.replaceAll('_', '-')}.run.yaml`
  return [`gonogo vary ${shellWord(e.file)} ${shellWord(`config.${change.key}=${change.value}`)} -o ${shellWord(name)}`]
}

export const nextCommands = (e: Ending): string[] => {
  const show = `gonogo show ${shellWord(e.run)}`
  switch (endWord(e.stop.reason)) {
    case 'DONE':
      return [show, 'gonogo runs', ...varyCommand(e)]
    case 'STOPPED':
      // A rule's stop can be undone; NaN comes again at the same step.
      return e.stop.reason === 'not-finite'
        ? [show, ...varyCommand(e), 'gonogo runs']
        : [show, `gonogo resume ${shellWord(e.run)}`, ...varyCommand(e)]
    case 'INTERRUPTED':
    case 'CRASHED':
      return [`gonogo resume ${shellWord(e.run)}`, show, 'gonogo runs']
    case 'NO-GO':
      return e.file === null ? [show] : [`gonogo check ${shellWord(e.file)}`, show]
  }
}

export const endingLines = (e: Ending, look: Look): string[] => [
  ...firstLine(e, look),
  ...bestLine(e, look),
  ...(e.best?.checkpoint
    ? [`${look.colour.muted('kept  ')}${printable(`${e.folder}/checkpoints/${e.best.checkpoint}`)}`]
    : []),
  ...nextLines(nextCommands(e), look),
]
