// D3: no validation sample is a training sample, and no group (patient, speaker, document) lies in both splits.
// Not whether the splits are alike as a whole (D5).
//
// Inputs are compared by the hash of their decoded bytes; where training changes a sample each time it is decoded, by what the
// data set holds of it before: a path, or a row. Where inputs alone come again and again, all fields of a sample together are compared. duplicates.ts says how many common inputs chance explains. What is more than
// that, and more than the run file allows (preflight.overlap), five different inputs or more, is an overlap.
//
// A group that lies in both splits is a leak where knowing the group is knowing the answer: each group has one label, and
// several share it. A speaker who is the class, or a user whose past predicts his future, belongs in both: those only
// warn. Samples that hardly differ are found by how near they lie (near.ts), and warn as well; so do stretches of one series (windows.ts).
// One batch that is both splits, a graph, is looked at target by target (shared-batch.ts).
import type { Evidence, SampleDigest, Survey } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { samplesOf, surveyOf } from './data.ts'
import { groupsOf, type Overlap, overlapOf, wholeOverlapOf } from './duplicates.ts'
import { areCopies, nearOf } from './near.ts'
import { classesPicture } from './pictures.ts'
import { type Repeated, repeatedIn } from './repeated.ts'
import { sharedBatch } from './shared-batch.ts'
import { sketchesOf } from './sketches.ts'
import { areCut, windowsOf } from './windows.ts'

const fewest = 5

export const d3 = define({
  code: 'D3',
  needs: ['survey', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const shared = await sharedBatch(context)
    if (shared) return shared
    const training = await samplesOf(context, 'train')
    const validation = await samplesOf(context, 'val')
    const { changing, fields } = await surveyOf(context, 'train')
    const measured = fields.some(({ role, whole }) => role === 'input' && whole === false)
    const { task } = context
    const classes = task.kind === 'classification' ? classesPicture(task.classes, training, validation) : null
    const drawn = (outcome: Outcome): Outcome => (classes ? { ...outcome, pictures: [classes] } : outcome)
    const overlap = compared(training, validation, changing > 0)
    const groups = judgedGroups(context, training, validation)
    const near = groups ? null : judgedNear(context, training, validation)
    if (!overlap)
      return drawn(
        groups ??
          near ??
          skipped('training samples change each time, and the data set shows nothing of them before that'),
      )
    const { train = Number.POSITIVE_INFINITY, val = Number.POSITIVE_INFINITY } = context.facts.samples
    const isWhole = training.length >= train && validation.length >= val
    const repeated = isWhole && changing === 0 ? repeatedIn(training, validation) : null
    const cut = groups || near ? null : await judgedWindows(context)
    const whole = changing === 0 && tells(fields) ? wholeOverlapOf(training, validation) : null
    return drawn(
      judged(context, overlap, measured, repeated) ??
        groups ??
        near ??
        (whole && judged(context, whole, false, null, 'samples')) ??
        cut ??
        held(overlap),
    )
  },
})

/** Two fields at least that vary, of which none only counts: what a program numbers to draw its own data has the same numbers in every split. */
const tells = (fields: Survey['fields']): boolean => {
  const varying = fields.filter(({ range }) => range && range.min !== range.max)
  return varying.length >= 2 && varying.every(({ range, shape }) => !(range && shape.length === 0 && counts(range)))
}

const counts = ({ min, max, minAt, maxAt }: NonNullable<Survey['fields'][number]['range']>): boolean =>
  max - min === maxAt - minAt

/** By decoded bytes, or by what is stored where decoding is never twice the same; null where neither tells. */
const compared = (
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
  changes: boolean,
): Overlap | null => {
  const stored = (samples: readonly SampleDigest[]) =>
    samples.flatMap(({ id, stored, std }) => (stored === undefined ? [] : [{ id, hash: stored, std }]))
  const byBytes = overlapOf(training, validation)
  if (!changes || byBytes.shared > 0) return byBytes
  const [inside, outside] = [stored(training), stored(validation)]
  return inside.length > 0 && outside.length > 0 ? overlapOf(inside, outside) : null
}

const evidenceOf = (overlap: Overlap, allowed: number): Evidence => ({
  validation: overlap.validation,
  training: overlap.training,
  shared: overlap.shared,
  distinct: overlap.distinct,
  share: overlap.share,
  twins: overlap.twins,
  kinds: overlap.kinds,
  explained: overlap.explained,
  allowed,
})

const judged = (
  context: Context,
  overlap: Overlap,
  measured: boolean,
  repeated: Repeated | null,
  what: 'inputs' | 'samples' = 'inputs',
): Outcome | null => {
  const allowed = context.plan.run.preflight.overlap
  const { share, distinct, shared, validation, training, explained, twins, pair } = overlap
  if (share <= allowed || shared === 0) return null
  const found = {
    seen: `${shared} of ${validation} validation ${what} are training ${what} too (${number(100 * share)} %)${pair ? `, as val ${pair[0]} and train ${pair[1]}` : ''}`,
    expected: `${number(100 * allowed)} % at most, as preflight.overlap says; of ${training} training ${what} ${number(100 * twins)} % have a twin`,
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: evidenceOf(overlap, allowed),
    advice:
      'split once, by indices, and keep them; take duplicates out before splitting; or allow them: preflight: { overlap: … }',
  }
  if (share > explained && distinct >= fewest)
    return noGo('splits-overlap', 'validation samples are also trained on', found)
  if (repeated && measured)
    return noGo('splits-overlap', 'rows were repeated before they were split', {
      ...found,
      seen: `${found.seen}; ${repeated.inputs} inputs stand exactly ${repeated.times} times in both splits together, all others once, and ${repeated.across} of them in both`,
      evidence: { ...found.evidence, ...repeated },
      advice: 'split first, and repeat rare rows in training alone afterwards',
    })
  // as many twins within training as across: few possible inputs, or, where inputs are many and measured, copies made before the split
  return measured && distinct >= fewest && share > 0.1 && overlap.kinds > 0.2
    ? warn('splits-overlap', 'validation shares inputs with training, as training does with itself', found)
    : null
}

const judgedGroups = (
  context: Context,
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
): Outcome | null => {
  const groups = groupsOf(training, validation)
  if (!groups || groups.shared === 0) return null
  const found = {
    seen: `${groups.shared} of ${plural(groups.validation, 'group')} of validation are in training too, as ${groups.example}`,
    expected: 'no group in two splits',
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: { ...groups },
    advice: 'split the groups, not the samples: sklearn’s GroupShuffleSplit, or a hash of the group’s id',
  }
  const title = 'samples of one group lie in both splits'
  return groups.decides ? noGo('groups-overlap', title, found) : warn('groups-overlap', title, found)
}

/** Frames of one recording, crops of one picture: what they share may be meant, so it never blocks. */
const judgedNear = (
  context: Context,
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
): Outcome | null => {
  const [inside, outside] = sketchesOf([training, validation], 20) ?? []
  if (!inside || !outside) return null
  const near = nearOf(inside, outside)
  if (!areCopies(near)) return null
  const { looked, near: count, copies, distance, pair } = near
  return warn('near-duplicates', 'samples that hardly differ lie in both splits', {
    seen: `${count} of ${looked} validation inputs lie very near some of training (${number(copies)} each), at ${number(100 * distance)} % of the usual distance; the next are five times as far${pair ? `; as val ${pair[0]} and train ${pair[1]}` : ''}`,
    expected: 'no more than chance explains: 35 %',
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: { looked, near: count, copies, distance, agree: near.agree },
    alternatives: ['groups-overlap'],
    advice:
      'split recordings, patients or documents, not the samples cut from them: sklearn’s GroupShuffleSplit, or a hash of the source’s id',
  })
}

/** Stretches of one series: a split of them at random is not rare, and not always meant otherwise, so it never blocks. */
const judgedWindows = async (context: Context): Promise<Outcome | null> => {
  const { fields } = await surveyOf(context, 'train')
  const input = fields.find(({ role }) => role === 'input')
  if (input?.whole !== false || input.shape.length < 1 || input.shape.length > 2) return null
  const trial = await context.at('initial')
  const look = (split: 'train' | 'val', limit: number) =>
    trial.data({ split, spread: true, blocks: true, limit, seconds: 1 })
  const windows = windowsOf(await look('train', 3000), await look('val', 500))
  if (!windows || !areCut(windows)) return null
  const { looked, passed, pair } = windows
  return warn('splits-overlap', 'stretches of one series lie in both splits', {
    seen: `${passed} of ${looked} validation inputs end within a training input, which goes on beyond them${pair ? `, as val ${pair[0]} within train ${pair[1]}` : ''}`,
    expected: 'no training input that holds what follows on a validation input',
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: { looked, passed },
    alternatives: ['near-duplicates', 'groups-overlap'],
    advice: 'split the series first, at a moment or by recording, and cut each part into windows afterwards',
  })
}

const held = (overlap: Overlap): Outcome => {
  const { validation, training, shared, twins } = overlap
  return go(
    shared === 0
      ? `none of ${validation} validation inputs among ${training} training inputs`
      : `${shared} of ${validation} validation inputs are also in training, as chance or the run file allows`,
    {
      seen: `${shared} inputs in both; ${number(100 * twins)} % of training inputs have a twin`,
      expected: 'no more than chance explains and preflight.overlap allows',
      evidence: evidenceOf(overlap, 0),
    },
  )
}
