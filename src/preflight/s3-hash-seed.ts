// S3: nothing depends on the seed of the hashes, which differs from process to process and orders sets of strings.
// Not other randomness (S1), whose second run it shares.
//
// S1's second process hashes differently from the first, and both do the same: then no order hangs on a hash. Where they part, a
// third process that hashes as the first one does decides: if it repeats the first run bitwise, the hash seed is what made the
// difference, and it explains what S1 found; else something else did.
import { define, go, list, noGo, placeOf, skipped } from './check.ts'
import { firstDivergence, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import { follow } from './reference.ts'

export const s3 = define({
  code: 'S3',
  needs: ['reset', 'freshProcess'],
  after: [],
  heeds: ['S1'],
  costClass: 'fresh',
  async run(context) {
    const twin = context.outcomes.get('S1')
    if (!twin || twin.status === 'SKIPPED' || twin.status === 'WAIVED')
      return skipped('needs S1, whose second process hashes differently')
    const { hashes } = context
    if (hashes === null) return skipped('the engine does not tell how its processes hash')
    if ('fixed' in hashes)
      return go(`by construction: ${hashes.fixed}`, { seen: 'not measured', expected: hashes.fixed })
    const { first, second } = hashes
    const evidence = { first, second, S1: twin.cause }
    if (first === second)
      return skipped('all processes hash alike (PYTHONHASHSEED is set): another hash seed was not tried')
    if (twin.status === 'GO')
      return go('two processes that hash differently do the same', {
        seen: `hash of one word: ${first} and ${second}; S1 found both runs equal`,
        expected: 'the same run whatever the hash seed is',
        evidence,
      })
    // what two runs merely warn of has no effect that a third could repeat
    if (twin.status !== 'NO-GO') return skipped(`S1 says ${list([twin.cause ?? twin.status])}, without effect`)
    return (await repeatsWithSameHashes(context, first))
      ? noGo('hash-order', 'the run depends on the hash seed: on the order of a set', {
          seen: `a process that hashes like the first repeats it bitwise; one that hashes differently does not: ${twin.title}`,
          expected: 'the same run whatever the hash seed is',
          where: placeOf(context.facts, 'datasets', 'data', 'setup', 'model'),
          evidence,
          alternatives: twin.cause === null ? [] : [twin.cause],
          advice: 'sort what comes out of a set before it is numbered or gone through: sorted(set(names))',
        })
      : skipped(`S1 says ${list([twin.cause ?? twin.status])}, and it is not the hash seed`)
  },
})

/** Whether a third process, hashing as the first one did, repeats it. Where none can be had, nobody knows. */
const repeatsWithSameHashes = async (context: Context, first: string): Promise<boolean> => {
  const reference = await context.reference()
  await using trial = await context.fresh(context.seed, 'quick')
  const { hashing } = trial.facts
  if (!hashing || !('sample' in hashing) || hashing.sample !== first) return false
  const initial = await trial.digest()
  const { records } = await follow(trial, reference.schedule, 0, { evaluate: reference.evaluationCrash === null })
  const isState = ({ section }: { section: string }) => section !== 'rng' && section !== 'mode'
  // S1's two may have parted in nothing but what they ended with
  return (
    stateDifferences(reference.initial, initial).filter(isState).length === 0 &&
    firstDivergence(reference.records, records) === null &&
    stateDifferences(reference.final, await trial.digest()).filter(isState).length === 0
  )
}
