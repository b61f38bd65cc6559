// K4: a checkpoint loaded into a subject of another seed, in a fresh process, replaces every tensor.
// Not the rest of the state (K1, K2).
//
// Without another seed a load that does nothing looks perfect: the values are equal before it. What must come back is every
// tensor that differs before the load; a frozen body that any process has from elsewhere need not be in the file. What a module holds
// as a plain attribute is in no state_dict: loose.ts asks for it.
import { define, go, list, noGo, placeOf, plural, skipped } from './check.ts'
import { type Context, otherSeed } from './context.ts'
import { looseLost } from './loose.ts'
import type { Save } from './reference.ts'
import type { Snapshot } from './trial.ts'
import { nameOf } from './untrained.ts'

export type Missing = { readonly required: string[]; readonly lost: string[] }

/** Tensors that differ before the load (`own`: but for what evaluations keep for themselves), and those of them that are not as saved after it. */
export const missingAfter = (
  saved: Snapshot,
  before: Snapshot,
  after: Snapshot,
  own: ReadonlySet<string> = new Set(),
): Record<'parameters' | 'buffers', Missing> => {
  const of = (section: 'parameters' | 'buffers'): Missing => {
    const digest = (snapshot: Snapshot, name: string) => snapshot.get(section)?.entries.get(name)?.digest
    const names = [...(saved.get(section)?.entries.keys() ?? [])]
    const required = names.filter(
      (name) => digest(saved, name) !== digest(before, name) && !own.has(nameOf(section, name)),
    )
    return { required, lost: required.filter((name) => digest(saved, name) !== digest(after, name)) }
  }
  return { parameters: of('parameters'), buffers: of('buffers') }
}

const digestOf = (snapshot: Snapshot, name: string): string | undefined =>
  (snapshot.get('parameters')?.entries.get(name) ?? snapshot.get('buffers')?.entries.get(name))?.digest

/** Names under which the file holds the values that were not loaded, where they are not the model's own. */
const underOtherNames = async (context: Context, save: Save, lost: readonly string[]): Promise<string[]> => {
  const report = await context.weights(save.dir).catch(() => null)
  const digests = new Map(
    (['parameters', 'buffers'] as const).flatMap((section) =>
      [...(save.before.get(section)?.entries.values() ?? [])].map(({ name, digest }) => [digest, name] as const),
    ),
  )
  return (report?.tensors ?? []).flatMap((tensor) => {
    const name = digests.get(tensor.digest)
    // a file may hold the model's weights under a key of its own: model.head.weight
    const own = name !== undefined && (tensor.name === name || tensor.name.replace(/^[^.]*\./, '') === name)
    // a counter of one number has its like anywhere
    const single = tensor.shape.reduce((a, b) => a * b, 1) <= 1
    return name === undefined || own || single || !lost.includes(name) ? [] : [tensor.name]
  })
}

export const k4 = define({
  code: 'K4',
  needs: ['persist', 'freshProcess'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const reference = await context.reference()
    const save = reference.saves.at(-1)
    if (!save) {
      if (reference.saveCrash) throw reference.saveCrash
      return skipped('the run is too short to be saved on the way')
    }
    const seed = otherSeed(context.seed)
    const other = await context.other()
    await using trial = other.trial
    const before = await trial.digest()
    const report = await trial.load(save.dir)
    const after = await trial.digest()
    const { parameters, buffers } = missingAfter(save.before, before, after, reference.evaluations)
    const names = { missing: report.missing, unexpected: report.unexpected, misshaped: report.misshaped }
    const required = parameters.required.length + buffers.required.length
    const evidence = { seed, tensors: required, ...names, lost: [...parameters.lost, ...buffers.lost] }
    const lost = parameters.lost.length + buffers.lost.length
    if (lost === 0) {
      const loose = await looseLost(context, reference, save, trial)
      if (loose) return loose
      return go(`${required} of ${required} tensors loaded over another seed`, {
        seen: `every tensor that seed ${seed} had made otherwise has the saved value`,
        expected: 'the saved values, bitwise',
        evidence,
      })
    }
    const others = evidence.lost.filter((name) => digestOf(before, name) !== digestOf(after, name)).length
    const mismatch = Object.entries(names).filter(([, found]) => found.length > 0)
    const otherNames = mismatch.length > 0 ? [] : await underOtherNames(context, save, evidence.lost)
    const cause =
      mismatch.length + otherNames.length > 0
        ? 'names-mismatched'
        : parameters.lost.length > 0
          ? 'weights-not-restored'
          : 'buffers-not-restored'
    return noGo(
      cause,
      others === lost
        ? `${plural(lost, 'tensor')} of ${required} ${lost === 1 ? 'is' : 'are'} loaded with other values than were in training`
        : lost === required
          ? 'loading a checkpoint loads nothing'
          : `${plural(lost, 'tensor')} of ${required} ${lost === 1 ? 'is' : 'are'} not loaded from the checkpoint`,
      {
        seen: `${lost} of ${required} ${others === lost ? 'got another value' : others > 0 ? `did not get the saved value, ${others} of them another` : 'kept their value'}: ${list(evidence.lost)}${mismatch.map(([what, found]) => `; ${what}: ${list(found)}`).join('')}${otherNames.length > 0 ? `; the file has them as ${list(otherNames)}` : ''}`,
        expected: 'the saved values, bitwise, whatever the values were before',
        where: placeOf(context.facts, 'load', 'save', 'setup'),
        evidence,
        alternatives: cause === 'names-mismatched' ? [] : ['names-mismatched', 'section-not-loaded'],
        advice:
          others === lost
            ? 'save the weights that are trained, beside any average of them'
            : 'load with strict=True, and strip a prefix such as "module." from the names',
      },
    )
  },
})
