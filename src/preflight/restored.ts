// What a section that did not come back is called, and what to do about it. Shared by the checks of checkpoints.
// Pure. Which sections count as lost is each check's own business.
import type { Cause, Section } from '../contract/index.ts'

/** Root causes in the order in which one explains the next: without weights nothing else matters. */
export const order = [
  'parameters',
  'buffers',
  'optimizer',
  'schedule',
  'scaler',
  'ema',
  'counters',
  'position',
  'rng',
] as const satisfies readonly Section[]

type Saved = (typeof order)[number]

export const causeOf: Readonly<Record<Saved, Cause>> = {
  parameters: 'weights-not-restored',
  buffers: 'buffers-not-restored',
  optimizer: 'optimizer-not-restored',
  schedule: 'schedule-not-restored',
  scaler: 'scaler-not-restored',
  ema: 'ema-not-restored',
  counters: 'counter-off',
  position: 'data-position-lost',
  rng: 'rng-not-restored',
}

export const wordsOf: Readonly<Record<Saved, string>> = {
  parameters: 'weights',
  buffers: 'buffers (running statistics)',
  optimizer: 'optimizer state',
  schedule: 'learning-rate schedule',
  scaler: 'loss scaler',
  ema: 'moving average of the weights',
  counters: 'step counter',
  position: 'position in the data',
  rng: 'random generators',
}

export const adviceOf: Readonly<Record<Saved, string>> = {
  parameters: 'load every weight back: model.load_state_dict(state["model"]), strict',
  buffers: 'save and load buffers too: state_dict() has them, parameters() has not',
  optimizer: 'optimizer.load_state_dict(state["optimizer"])',
  schedule: 'schedule.load_state_dict(state["schedule"])',
  scaler: 'scaler.load_state_dict(state["scaler"])',
  ema: 'save and load the moving average as well',
  counters: 'save the step counter and load it back, without adding one',
  position: 'save self.progress.state_dict() and load it back: step, position and generators',
  rng: 'save the states of the random generators (self.progress.state_dict() has them), and do not seed again after the load',
}

export const isSaved = (section: Section): section is Saved => (order as readonly Section[]).includes(section)
