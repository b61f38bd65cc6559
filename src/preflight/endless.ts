// Does a loss that begins below zero fall without end? A cross-entropy or a squared error with its sign turned round does, and nothing else
// tells them from what lies between −1 and 1 by its nature: minus a cosine, a correlation, an overlap, a similarity of pictures.
// Measures; O3 and O4 judge.
import type { Trial } from './trial.ts'

const steps = 100
/** Beyond so many of its beginnings below zero no bounded score falls that began at a hundredth of its range. */
export const endless = 100

/** One frozen batch at the program's own rate and at larger ones, for as long as it takes. */
export const fallsWithoutEnd = async (
  trial: Trial,
  { frozen, rate, beginning }: { readonly frozen: number; readonly rate: number; readonly beginning: number },
): Promise<boolean> => {
  for (const times of [1, 10, 100]) {
    await trial.restore('initial')
    let lowest = 0
    await trial.train({ steps, batch: { frozen }, learningRate: times * rate }, ({ loss }) => {
      if (Number.isFinite(loss)) lowest = Math.min(lowest, loss)
      return Number.isFinite(loss) && -lowest <= endless * Math.abs(beginning)
    })
    if (-lowest > endless * Math.abs(beginning)) return true
  }
  return false
}
