// K3: a save leaves the checkpoints before it as they were: whatever happens in the middle of it, the one before can be loaded.
// Not whether a checkpoint holds everything (K1, K2).
//
// gonogo gives each save a new folder, and gives the folder its name only when all of it is on the disk: a kill in the middle leaves a
// folder that nobody looks at, and a damaged file is found by its sha256 before it is loaded. A save that keeps to its folder cannot
// break this, so the signature is one that does not: the oldest checkpoint of the reference run, loaded after the newest was saved,
// gives the newest's values. Its own are overwritten in place, and a kill in mid-save would leave neither.
import type { Section } from '../contract/index.ts'
import { define, go, list, noGo, placeOf, skipped } from './check.ts'
import { order as saved, wordsOf } from './restored.ts'
import type { Snapshot } from './trial.ts'

export const k3 = define({
  code: 'K3',
  needs: ['persist', 'reset'],
  guarantee: 'checkpointCoversState',
  after: [],
  costClass: 'warm',
  async run(context) {
    const { saves, saveCrash, initial } = await context.reference()
    const [oldest] = saves
    const newest = saves.at(-1)
    if (!oldest || !newest || oldest === newest) {
      if (saveCrash) throw saveCrash
      return skipped('the run is too short to be saved twice')
    }
    const trial = await context.at('initial')
    await trial.load(oldest.dir)
    const loaded = await trial.digest()
    const shared = overwritten({ initial, older: oldest.before, newer: newest.before, loaded })
    const evidence = {
      saves: saves.length,
      steps: saves.map(({ step }) => step),
      shared: shared.map(({ name }) => name),
    }
    if (shared.length === 0)
      return go(`the checkpoint of step ${oldest.step} is untouched by ${saves.length - 1} later`, {
        seen: `loaded after step ${newest.step} was saved: nothing of step ${newest.step} in it`,
        expected: 'each checkpoint in a folder of its own, named when it is complete',
        evidence,
      })
    const sections = [...new Set(shared.map(({ section }) => section))]
    return noGo('checkpoints-share-a-file', 'a save overwrites what the checkpoint before it needs', {
      seen: `the checkpoint of step ${oldest.step} loads ${list(sections.map((one) => wordsOf[one]))} of step ${newest.step}: ${list(shared.map(({ name }) => name))}`,
      expected: 'its own values: a kill in the middle of a save must leave the checkpoint before it whole',
      where: placeOf(context.facts, 'save', 'load', 'setup'),
      evidence,
      alternatives: ['section-not-saved'],
      advice: 'write every file into the folder that save() is given, and none beside it',
    })
  },
})

type Shared = { readonly section: (typeof saved)[number]; readonly name: string }

type Snapshots = Readonly<Record<'initial' | 'older' | 'newer' | 'loaded', Snapshot>>

/** Small counts coincide by chance: only a tensor or a generator that has the newer value says where it came from. */
const telling: ReadonlySet<Section> = new Set(['parameters', 'buffers', 'optimizer', 'ema', 'rng'])

/** Entries that come back with the newer checkpoint's value instead of the older one's; none where no tensor is among them. */
export const overwritten = ({ initial, older, newer, loaded }: Snapshots): Shared[] => {
  const of = (snapshot: Snapshot, section: Section, name: string) => snapshot.get(section)?.entries.get(name)?.digest
  const found = saved.flatMap((section) =>
    [...(loaded.get(section)?.entries.values() ?? [])]
      .filter(({ name, digest }) => {
        const own = of(older, section, name)
        // what the load leaves as it was is another fault: K1 and K2 judge it
        const isNewer = digest === of(newer, section, name) && digest !== of(initial, section, name)
        return isNewer && own !== undefined && digest !== own
      })
      .map(({ name, l2 }) => ({ section, name, tells: telling.has(section) && (l2 !== null || section === 'rng') })),
  )
  return found.some(({ tells }) => tells) ? found.map(({ section, name }) => ({ section, name })) : []
}
