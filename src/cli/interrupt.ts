// What the two Ctrl-C do to a command that runs an experiment.
// Not signal counting, which signals.ts does.
import { killAllWorkers } from '../engine/index.ts'
import { type Interruption, interruptible } from './signals.ts'
import type { Terminal } from './terminal.ts'

/** `words` answer the first Ctrl-C at once: a step or a check may have to end before anything else is seen. */
export const withSignals = (terminal: Terminal, words: string): Interruption =>
  interruptible({
    first: () => terminal.progress([words]),
    atOnce: () => {
      // None may outlive us; what is on disk is whole at any moment.
      killAllWorkers()
      terminal.progress(['ended at once; the last checkpoint is whole'])
      terminal.close()
    },
  })
