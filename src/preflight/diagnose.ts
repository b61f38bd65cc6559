// Why a resumed run leaves the straight one: from the sections that differ right after the load, and from the first thing
// that differs in the steps. Pure; a section that merely looks different and has no effect is no culprit.
import type { Section } from '../contract/index.ts'
import type { Divergence } from './compare.ts'
import { isSaved, order } from './restored.ts'

export type Symptoms = {
  /** Sections that differ between the state saved and the state right after the load. */
  readonly afterLoad: readonly Section[]
  readonly divergence: Divergence | null
  /** Sections that differ at the end of both runs. */
  readonly atEnd: readonly Section[]
  /** Steps done when the divergence shows that still belong to the epoch of the save. */
  readonly withinEpoch: boolean
}

type Culprit = (typeof order)[number]
export type Diagnosis = { readonly culprit: Culprit; readonly others: readonly Culprit[]; readonly effect: boolean }

/** The culprit and who else was lost; null where the runs are equal in all that counts. */
export const diagnose = ({ afterLoad, divergence, atEnd, withinEpoch }: Symptoms): Diagnosis | null => {
  const lost = order.filter((section) => afterLoad.includes(section))
  const ended = order.filter((section) => atEnd.includes(section))
  if (!divergence && ended.length === 0) return null
  // lost, and still lost at the end or visible on the way; a mere difference of form heals by itself
  const effect = divergence !== null || ended.some((section) => section !== 'rng')
  const found = (culprit: Culprit): Diagnosis => ({
    culprit,
    others: lost.filter((section) => section !== culprit),
    effect,
  })
  if (lost[0] === 'parameters') return found('parameters')
  const tensors = lost.filter((section) => section !== 'position' && section !== 'rng')
  if (divergence?.what === 'samples') {
    const first = tensors.find((section) => section === 'counters')
    // the generator that draws the order, unless the place within an epoch is lost as well
    if (lost.includes('rng') && !(withinEpoch && lost.includes('position'))) return found('rng')
    if (lost.includes('position') || !first) return found('position')
    return found(first)
  }
  if (divergence?.what === 'learning rates') {
    const [rates] = lost.filter(
      (section) => section === 'schedule' || section === 'counters' || section === 'optimizer',
    )
    return found(tensors.find((section) => section === 'parameters' || section === 'schedule') ?? rates ?? 'schedule')
  }
  const [first] = tensors
  if (first) return found(first)
  if (lost.includes('rng')) return found('rng')
  if (lost.includes('position')) return found('position')
  const [last] = ended.filter(isSaved)
  // every known section came back, and still the loss differs: noise from a generator that nobody holds
  return found(divergence ? 'rng' : (last ?? 'rng'))
}
