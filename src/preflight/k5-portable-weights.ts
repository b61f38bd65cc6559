// K5: the weights of a checkpoint open on a CPU without the code of the experiment: plain tensors, found by their digest.
// Not their names (K4), nor whether the rest of the state is there (K2).
//
// Required is what training has changed, and every trainable parameter: a frozen body may come from elsewhere. A file that needs
// the experiment's classes to be opened (a pickled module) is the signature. Objects of the standard library or of NumPy beside the
// weights (arguments, the state of a generator) are common, need no code of the project, and only warn.
import { define, go, list, noGo, placeOf, plural, skipped, warn } from './check.ts'
import { stateDifferences } from './compare.ts'
import { nameOf } from './untrained.ts'

/** Found in any Python that has PyTorch. */
const common = /^(builtins|collections|argparse|pathlib|datetime|types|functools|random|numpy|torch)(\.|$)/

export const k5 = define({
  code: 'K5',
  needs: ['persist'],
  guarantee: 'weightsArePlain',
  after: [],
  costClass: 'fresh',
  async run(context) {
    const reference = await context.reference()
    const save = reference.saves.at(-1)
    if (!save) {
      if (reference.saveCrash) throw reference.saveCrash
      return skipped('the run is too short to be saved on the way')
    }
    const report = await context.weights(save.dir)
    const changed = new Set(stateDifferences(reference.initial, save.before).flatMap(({ names }) => names))
    const trainable = new Set(context.facts.tensors.filter(({ trainable }) => trainable).map(({ name }) => name))
    const wanted = (['parameters', 'buffers'] as const).flatMap((section) =>
      [...(save.before.get(section)?.entries.values() ?? [])].filter(
        ({ name }) => (changed.has(name) || trainable.has(name)) && !reference.evaluations.has(nameOf(section, name)),
      ),
    )
    const found = new Set(report.tensors.map(({ digest }) => digest))
    const absent = wanted.filter(({ digest }) => !found.has(digest)).map(({ name }) => name)
    const failed = report.files.filter(({ error }) => error !== null)
    const formats = [...new Set(report.files.map(({ format }) => format))]
    const evidence = {
      tensors: wanted.length,
      found: wanted.length - absent.length,
      files: report.files.map(({ path }) => path),
      formats,
      absent,
    }
    if (absent.length === 0)
      return go(`${plural(wanted.length, 'tensor')} open without the experiment’s code (${formats.join(', ')})`, {
        seen: `each found by its digest in ${list(evidence.files)}`,
        expected: 'every parameter and every buffer that training changed',
        evidence,
      })
    const [unread] = failed
    const coupled = failed.some(({ error }) =>
      /pickle|unsupported global|weights.?only|no module named|can't get attribute/i.test(error ?? ''),
    )
    const foreign = failed.map(({ error }) => error?.match(/GLOBAL ([\w.]+)/)?.[1] ?? null)
    if (coupled && foreign.length > 0 && foreign.every((name) => name !== null && common.test(name)))
      return warn(
        'weights-unreadable',
        `the weights lie beside objects of ${list([...new Set(foreign)] as string[])}`,
        {
          seen: `${list(failed.map(({ path }) => path))}: opens only without weights_only, which runs what the file says`,
          expected: `${wanted.length} tensors that open with torch.load(…, weights_only=True)`,
          where: placeOf(context.facts, 'save', 'setup'),
          evidence: { ...evidence, objects: foreign },
          advice: 'save tensors, numbers, strings, lists and dictionaries: vars(args), generator states as tensors',
        },
      )
    const other = report.files.filter(({ format }) => format === 'other').map(({ path }) => path)
    if (other.length > 0 && failed.length === 0)
      return warn('weights-unreadable', `${list(other)}: in no format that gonogo opens`, {
        seen: `${absent.length} of ${wanted.length} tensors are in no file that is one of PyTorch’s or of safetensors`,
        expected: `${wanted.length} tensors, readable without the experiment`,
        where: placeOf(context.facts, 'save', 'setup'),
        evidence,
        alternatives: ['section-not-saved'],
        advice: 'torch.save({"model": model.state_dict(), …}, path), or safetensors, opens anywhere',
      })
    const advice = 'save model.state_dict(), tensors alone, instead of the model object'
    const partly = !coupled && failed.length === 0 && absent.length < wanted.length
    return noGo(
      coupled ? 'weights-coupled-to-code' : partly ? 'section-not-saved' : 'weights-unreadable',
      coupled
        ? 'the weights open only with the experiment’s own code'
        : partly
          ? `${plural(absent.length, 'tensor')} of ${wanted.length} are in no file of the checkpoint`
          : 'the weights cannot be found in the checkpoint',
      {
        seen: unread
          ? `${unread.path}: ${unread.error}`
          : `${absent.length} of ${wanted.length} tensors are in no file: ${list(absent)}`,
        expected: `${wanted.length} tensors, readable without the experiment`,
        where: placeOf(context.facts, 'save', 'setup'),
        evidence: { ...evidence, errors: failed.map(({ error }) => error) },
        alternatives: coupled || partly ? [] : ['section-not-saved'],
        advice,
      },
    )
  },
})
