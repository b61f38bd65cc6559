// The proposal of a next baseline as text: what was shown, and the command, or the seeds that are missing.
// Not its test: decide/ compares seeds.
import { differenceWords } from './compare.ts'
import { nextLines, shellWord, worded } from './lines.ts'
import type { Look } from './look.ts'
import { plural } from './numbers.ts'

type ProposalView = {
  readonly baseline: string
  readonly name: string
  readonly runs: readonly string[]
  readonly comparison: Parameters<typeof differenceWords>[0] & {
    readonly effect: number | null
    readonly seedsNeeded: number | null
  }
  readonly state: 'proved' | 'likely'
}

export const proposalLines = (p: ProposalView, look: Look): string[] => {
  const { comparison } = p
  const effect = comparison.effect === null ? '' : `, g ${comparison.effect.toFixed(2)}`
  const words = `${differenceWords(comparison)}${effect}, ${plural(p.runs.length, 'seed')}`
  if (p.state === 'proved')
    return [
      ...worded('BETTER', `than ${p.baseline}: ${words}`, look, look.colour.go),
      ...nextLines([`gonogo baseline set ${shellWord(p.name)} ${p.runs.map(shellWord).join(' ')}`], look),
    ]
  const more = Math.max(2, comparison.seedsNeeded ?? 5)
  const missing = p.runs.length === 1 ? 'one run is no proof' : 'no proof yet'
  return worded(
    'ahead',
    `of ${p.baseline}: ${words}; ${missing}: about ${plural(more, 'seed')} would tell (seeds: ${more})`,
    look,
    look.colour.muted,
  )
}
